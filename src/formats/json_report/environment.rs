//! What pytest-metadata says of the surroundings.

use std::collections::BTreeMap;

use crate::formats::json::Lenient;
use crate::model::{Environment, TestSession};

/// What CI systems call the revision and the branch, and the run itself. The metadata holds them where pytest-metadata found them in the
/// process's environment.
const TAGS: [(&str, &[&str]); 3] = [
    (
        "revision",
        &[
            "GITHUB_SHA",
            "CI_COMMIT_SHA",
            "GIT_COMMIT",
            "TRAVIS_COMMIT",
            "CIRCLE_SHA1",
            "BUILD_SOURCEVERSION",
            "BITBUCKET_COMMIT",
            "APPVEYOR_REPO_COMMIT",
            "CODEBUILD_RESOLVED_SOURCE_VERSION",
        ],
    ),
    (
        "branch",
        &[
            "GITHUB_HEAD_REF",
            "GITHUB_REF_NAME",
            "CI_COMMIT_REF_NAME",
            "GIT_BRANCH",
            "TRAVIS_BRANCH",
            "CIRCLE_BRANCH",
            "BUILD_SOURCEBRANCHNAME",
            "BITBUCKET_BRANCH",
            "APPVEYOR_REPO_BRANCH",
        ],
    ),
    (
        "ci_run",
        &[
            "GITHUB_RUN_ID",
            "CI_PIPELINE_ID",
            "BUILD_TAG",
            "TRAVIS_BUILD_ID",
            "CIRCLE_WORKFLOW_ID",
            "BUILD_BUILDID",
            "BITBUCKET_BUILD_NUMBER",
            "APPVEYOR_BUILD_ID",
            "CODEBUILD_BUILD_ID",
        ],
    ),
];

/// Takes over the metadata. Only what is named here: anybody may put anything into it, secrets too.
pub(super) fn add_environment(metadata: &Lenient<'_>, session: &mut TestSession) {
    let entries: BTreeMap<String, Lenient<'_>> = metadata.get().unwrap_or_default();
    let text = |key: &str| entries.get(key).and_then(Lenient::shown).filter(|text| !text.is_empty());
    let versions = |key: &str| -> BTreeMap<String, Option<String>> {
        let versions: BTreeMap<String, Lenient<'_>> = entries.get(key).and_then(Lenient::get).unwrap_or_default();
        versions.into_iter().map(|(name, version)| (name, version.shown())).collect()
    };
    let environment: &mut Environment = &mut session.environment;
    environment.python = text("Python").or(environment.python.take());
    environment.platform =
        text("Platform").as_deref().and_then(platform).map(str::to_owned).or(environment.platform.take());
    environment.pytest = versions("Packages").remove("pytest").flatten().or(environment.pytest.take());
    environment.plugins.extend(versions("Plugins"));
    for (tag, keys) in TAGS {
        if let Some(value) = keys.iter().find_map(|key| text(key)) {
            session.tags.insert(tag.to_owned(), value);
        }
    }
}

/// Returns `sys.platform` for what `platform.platform()` says, such as `Linux-6.8.0-x86_64-with-glibc2.39`.
fn platform(long: &str) -> Option<&'static str> {
    let system = long.split('-').next().unwrap_or_default();
    [
        ("Linux", "linux"),
        ("macOS", "darwin"),
        ("Darwin", "darwin"),
        ("Windows", "win32"),
        ("FreeBSD", "freebsd"),
        ("CYGWIN_NT", "cygwin"),
    ]
    .into_iter()
    .find_map(|(name, platform)| (name == system).then_some(platform))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_entries_are_taken_over_and_no_others() {
        let json = r#"{"Python": "3.11.7", "Platform": "Linux-6.8-x86_64", "Packages": {"pytest": "9.2.0", "pluggy": "1.7"},
            "Plugins": {"xdist": "3.8.0"}, "GITHUB_SHA": "abc", "GITHUB_REF_NAME": "main", "TOKEN": "secret"}"#;
        let metadata: Lenient<'_> = serde_json::from_str(json).expect("JSON");
        let mut session = TestSession::default();
        add_environment(&metadata, &mut session);
        let environment = &session.environment;
        assert_eq!(
            (environment.pytest.as_deref(), environment.python.as_deref(), environment.platform.as_deref()),
            (Some("9.2.0"), Some("3.11.7"), Some("linux"))
        );
        assert_eq!(environment.plugins.get("xdist"), Some(&Some("3.8.0".to_owned())));
        let tags: Vec<(&str, &str)> = session.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(tags, [("branch", "main"), ("revision", "abc")]);
    }
}
