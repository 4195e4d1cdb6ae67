//! What a CI system says of the run in its environment.
//!
//! Only the variables named here are ever asked for, and none of them holds a secret.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::model::TestSession;

/// What a CI system says of the run. Becomes the tags in the table, where a session has none of that name.
///
/// | field | tag |
/// |---|---|
/// | `provider` | `ci` |
/// | `repository` | `repository` |
/// | `branch` | `branch` |
/// | `revision` | `revision` |
/// | `author` | `author` |
/// | `pull_request` | `pull_request` |
/// | `workflow` | `workflow` |
/// | `run` | `ci_run` |
/// | `url` | `ci_url` |
/// | `job` | `job` |
/// | `attempt` | `attempt` |
/// | `shard` | `shard`: `2/6` |
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CiFacts {
    /// The CI system: `github`, `gitlab` and so on.
    pub provider: Option<&'static str>,
    /// The repository's name on its server, such as `owner/name`.
    pub repository: Option<String>,
    /// The branch; that of the change, for a pull request.
    pub branch: Option<String>,
    /// The commit that was checked out.
    pub revision: Option<String>,
    /// Who caused the run.
    pub author: Option<String>,
    /// The number of the pull request.
    pub pull_request: Option<String>,
    /// The workflow or pipeline by name.
    pub workflow: Option<String>,
    /// The run's own number or id.
    pub run: Option<String>,
    /// Where the run can be looked at.
    pub url: Option<String>,
    /// The job.
    pub job: Option<String>,
    /// Which attempt of the run this is, from 1.
    pub attempt: Option<String>,
    /// Which of how many parallel jobs this is, from 1: `2/6`.
    pub shard: Option<String>,
    /// When the job began.
    pub started: Option<DateTime<Utc>>,
}

/// Returns what the environment says of the CI run that this process is part of; nothing outside of one.
pub fn ci_facts(variable: &dyn Fn(&str) -> Option<String>) -> CiFacts {
    let variables = Variables(variable);
    let systems: [(&str, System); 10] = [
        ("GITHUB_ACTIONS", github),
        ("GITLAB_CI", gitlab),
        ("TF_BUILD", azure),
        ("CIRCLECI", circleci),
        ("BUILDKITE", buildkite),
        ("TRAVIS", travis),
        ("BITBUCKET_BUILD_NUMBER", bitbucket),
        ("TEAMCITY_VERSION", teamcity),
        ("DRONE", drone),
        ("JENKINS_URL", jenkins),
    ];
    systems
        .into_iter()
        .find(|(sign, _)| variables.get(sign).is_some())
        .map_or_else(CiFacts::default, |(_, facts)| facts(&variables))
}

impl CiFacts {
    /// Returns the facts as tags.
    pub fn tags(&self) -> BTreeMap<&'static str, &str> {
        [
            ("ci", self.provider),
            ("repository", self.repository.as_deref()),
            ("branch", self.branch.as_deref()),
            ("revision", self.revision.as_deref()),
            ("author", self.author.as_deref()),
            ("pull_request", self.pull_request.as_deref()),
            ("workflow", self.workflow.as_deref()),
            ("ci_run", self.run.as_deref()),
            ("ci_url", self.url.as_deref()),
            ("job", self.job.as_deref()),
            ("attempt", self.attempt.as_deref()),
            ("shard", self.shard.as_deref()),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
    }

    /// Returns whether the facts may be those of this session: it does not say that it is of another revision or run.
    pub(crate) fn fits(&self, session: &TestSession) -> bool {
        let agrees = |key: &str, fact: &Option<String>| match (session.tags.get(key), fact) {
            (Some(own), Some(fact)) => own == fact,
            (None, _) | (_, None) => true,
        };
        agrees("revision", &self.revision) && agrees("ci_run", &self.run)
    }
}

/// How one system's variables are read.
type System = fn(&Variables<'_>) -> CiFacts;

/// The environment, as far as it may be asked.
struct Variables<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    /// Returns a variable that says something.
    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// Returns the first variable that says something.
    fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Returns a pull request's number; some systems say `false` where there is none.
    fn number(&self, name: &str) -> Option<String> {
        self.get(name).filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// Returns a branch out of a full reference; none where the reference is a tag or a merge.
    fn branch(&self, name: &str) -> Option<String> {
        let reference = self.get(name)?;
        match reference.strip_prefix("refs/heads/") {
            Some(branch) => Some(branch.to_owned()),
            None => (!reference.starts_with("refs/")).then_some(reference),
        }
    }

    /// Returns `2/6` out of an index that counts from `base` and a total.
    fn shard(&self, index: &str, total: &str, base: u64) -> Option<String> {
        let number = |name: &str| self.get(name)?.parse::<u64>().ok();
        let (index, total) = (number(index)?.checked_sub(base)? + 1, number(total)?);
        (total > 1 && index <= total).then(|| format!("{index}/{total}"))
    }

    fn time(&self, name: &str) -> Option<DateTime<Utc>> {
        let text = self.get(name)?;
        if let Ok(seconds) = text.parse::<i64>() {
            return DateTime::from_timestamp(seconds, 0).filter(|_| seconds > 0);
        }
        // A time that is none is as good as no time.
        DateTime::parse_from_rfc3339(&text).ok().map(|time| time.to_utc())
    }
}

fn github(variables: &Variables<'_>) -> CiFacts {
    let reference = variables.get("GITHUB_REF").unwrap_or_default();
    let pull = reference.strip_prefix("refs/pull/").and_then(|rest| rest.split('/').next());
    let name = || variables.get("GITHUB_REF_NAME").filter(|_| reference.starts_with("refs/heads/"));
    let repository = variables.get("GITHUB_REPOSITORY");
    let run = variables.get("GITHUB_RUN_ID");
    let url = (variables.get("GITHUB_SERVER_URL"), &repository, &run);
    CiFacts {
        provider: Some("github"),
        branch: variables.get("GITHUB_HEAD_REF").or_else(name),
        revision: variables.get("GITHUB_SHA"),
        author: variables.first(&["GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"]),
        pull_request: pull.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit())).map(str::to_owned),
        workflow: variables.get("GITHUB_WORKFLOW"),
        url: match url {
            (Some(server), Some(repository), Some(run)) => Some(format!("{server}/{repository}/actions/runs/{run}")),
            _ => None,
        },
        run,
        repository,
        job: variables.get("GITHUB_JOB"),
        attempt: variables.get("GITHUB_RUN_ATTEMPT"),
        shard: None,
        started: None,
    }
}

fn gitlab(variables: &Variables<'_>) -> CiFacts {
    CiFacts {
        provider: Some("gitlab"),
        repository: variables.get("CI_PROJECT_PATH"),
        branch: variables.first(&["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_BRANCH"]),
        revision: variables.get("CI_COMMIT_SHA"),
        author: variables.get("GITLAB_USER_LOGIN"),
        pull_request: variables.number("CI_MERGE_REQUEST_IID"),
        workflow: variables.get("CI_PIPELINE_NAME"),
        run: variables.get("CI_PIPELINE_ID"),
        url: variables.first(&["CI_JOB_URL", "CI_PIPELINE_URL"]),
        job: variables.get("CI_JOB_NAME"),
        attempt: None,
        shard: variables.shard("CI_NODE_INDEX", "CI_NODE_TOTAL", 1),
        started: variables.time("CI_JOB_STARTED_AT"),
    }
}

fn azure(variables: &Variables<'_>) -> CiFacts {
    let run = variables.get("BUILD_BUILDID");
    let url = (variables.get("SYSTEM_COLLECTIONURI"), variables.get("SYSTEM_TEAMPROJECT"), &run);
    let branch = variables.branch("SYSTEM_PULLREQUEST_SOURCEBRANCH").or_else(|| variables.branch("BUILD_SOURCEBRANCH"));
    let number = variables.number("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER");
    CiFacts {
        provider: Some("azure"),
        repository: variables.get("BUILD_REPOSITORY_NAME"),
        branch,
        revision: variables.get("BUILD_SOURCEVERSION"),
        author: variables.get("BUILD_REQUESTEDFOR"),
        pull_request: number.or_else(|| variables.number("SYSTEM_PULLREQUEST_PULLREQUESTID")),
        workflow: variables.get("BUILD_DEFINITIONNAME"),
        url: match url {
            (Some(server), Some(project), Some(run)) => {
                let server = server.trim_end_matches('/');
                Some(format!("{server}/{}/_build/results?buildId={run}", project.replace(' ', "%20")))
            }
            _ => None,
        },
        run,
        job: variables.first(&["SYSTEM_JOBDISPLAYNAME", "AGENT_JOBNAME"]),
        attempt: variables.get("SYSTEM_JOBATTEMPT"),
        shard: variables.shard("SYSTEM_JOBPOSITIONINPHASE", "SYSTEM_TOTALJOBSINPHASE", 1),
        started: None,
    }
}

fn circleci(variables: &Variables<'_>) -> CiFacts {
    let owner = variables.get("CIRCLE_PROJECT_USERNAME");
    let pull = variables.get("CIRCLE_PULL_REQUEST");
    let pull = pull.as_deref().and_then(|url| url.rsplit('/').next()).map(str::to_owned);
    CiFacts {
        provider: Some("circleci"),
        repository: owner.zip(variables.get("CIRCLE_PROJECT_REPONAME")).map(|(owner, name)| format!("{owner}/{name}")),
        branch: variables.get("CIRCLE_BRANCH"),
        revision: variables.get("CIRCLE_SHA1"),
        author: variables.get("CIRCLE_USERNAME"),
        pull_request: variables.number("CIRCLE_PR_NUMBER").or(pull),
        workflow: None,
        run: variables.first(&["CIRCLE_WORKFLOW_ID", "CIRCLE_BUILD_NUM"]),
        url: variables.get("CIRCLE_BUILD_URL"),
        job: variables.get("CIRCLE_JOB"),
        attempt: None,
        shard: variables.shard("CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0),
        started: None,
    }
}

fn buildkite(variables: &Variables<'_>) -> CiFacts {
    let retries = variables.get("BUILDKITE_RETRY_COUNT").and_then(|count| count.parse::<u64>().ok());
    CiFacts {
        provider: Some("buildkite"),
        repository: None, // The variable is the address to clone from, which may hold a password.
        branch: variables.get("BUILDKITE_BRANCH"),
        revision: variables.get("BUILDKITE_COMMIT").filter(|commit| commit != "HEAD"),
        author: variables.first(&["BUILDKITE_BUILD_AUTHOR", "BUILDKITE_BUILD_CREATOR"]),
        pull_request: variables.number("BUILDKITE_PULL_REQUEST"),
        workflow: variables.get("BUILDKITE_PIPELINE_SLUG"),
        run: variables.first(&["BUILDKITE_BUILD_ID", "BUILDKITE_BUILD_NUMBER"]),
        url: variables.get("BUILDKITE_BUILD_URL"),
        job: variables.first(&["BUILDKITE_LABEL", "BUILDKITE_STEP_KEY"]),
        attempt: retries.map(|count| count.saturating_add(1).to_string()),
        shard: variables.shard("BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0),
        started: None,
    }
}

fn travis(variables: &Variables<'_>) -> CiFacts {
    CiFacts {
        provider: Some("travis"),
        repository: variables.get("TRAVIS_REPO_SLUG"),
        branch: variables.first(&["TRAVIS_PULL_REQUEST_BRANCH", "TRAVIS_BRANCH"]),
        revision: variables.get("TRAVIS_COMMIT"),
        pull_request: variables.number("TRAVIS_PULL_REQUEST"),
        run: variables.first(&["TRAVIS_BUILD_ID", "TRAVIS_BUILD_NUMBER"]),
        url: variables.get("TRAVIS_BUILD_WEB_URL"),
        job: variables.first(&["TRAVIS_JOB_NAME", "TRAVIS_JOB_NUMBER"]),
        ..CiFacts::default()
    }
}

fn bitbucket(variables: &Variables<'_>) -> CiFacts {
    let repository = variables.get("BITBUCKET_REPO_FULL_NAME");
    let run = variables.get("BITBUCKET_BUILD_NUMBER");
    let url = repository.as_ref().zip(run.as_ref());
    CiFacts {
        provider: Some("bitbucket"),
        branch: variables.get("BITBUCKET_BRANCH"),
        revision: variables.get("BITBUCKET_COMMIT"),
        pull_request: variables.number("BITBUCKET_PR_ID"),
        url: url.map(|(repository, run)| format!("https://bitbucket.org/{repository}/pipelines/results/{run}")),
        repository,
        run,
        attempt: variables.get("BITBUCKET_STEP_RUN_NUMBER"),
        shard: variables.shard("BITBUCKET_PARALLEL_STEP", "BITBUCKET_PARALLEL_STEP_COUNT", 0),
        ..CiFacts::default()
    }
}

fn teamcity(variables: &Variables<'_>) -> CiFacts {
    CiFacts {
        provider: Some("teamcity"),
        revision: variables.get("BUILD_VCS_NUMBER"),
        workflow: variables.get("TEAMCITY_PROJECT_NAME"),
        run: variables.get("BUILD_NUMBER"),
        url: variables.get("BUILD_URL"),
        job: variables.get("TEAMCITY_BUILDCONF_NAME"),
        ..CiFacts::default()
    }
}

fn drone(variables: &Variables<'_>) -> CiFacts {
    CiFacts {
        provider: Some("drone"),
        repository: variables.get("DRONE_REPO"),
        branch: variables.first(&["DRONE_SOURCE_BRANCH", "DRONE_BRANCH"]),
        revision: variables.get("DRONE_COMMIT_SHA"),
        author: variables.get("DRONE_COMMIT_AUTHOR"),
        pull_request: variables.number("DRONE_PULL_REQUEST"),
        workflow: variables.get("DRONE_STAGE_NAME"),
        run: variables.get("DRONE_BUILD_NUMBER"),
        url: variables.get("DRONE_BUILD_LINK"),
        job: variables.get("DRONE_STEP_NAME"),
        started: variables.time("DRONE_STAGE_STARTED"),
        ..CiFacts::default()
    }
}

fn jenkins(variables: &Variables<'_>) -> CiFacts {
    let pull_request = variables.number("CHANGE_ID");
    let local = || {
        variables.get("GIT_BRANCH").map(|branch| branch.strip_prefix("origin/").map_or(branch.clone(), str::to_owned))
    };
    // For a pull request, BRANCH_NAME is the job's own name, such as PR-12.
    let own = || variables.get("BRANCH_NAME").filter(|_| pull_request.is_none());
    CiFacts {
        provider: Some("jenkins"),
        branch: variables.get("CHANGE_BRANCH").or_else(own).or_else(local),
        revision: variables.get("GIT_COMMIT"),
        author: variables.get("CHANGE_AUTHOR"),
        run: variables.first(&["BUILD_TAG", "BUILD_NUMBER"]),
        url: variables.get("BUILD_URL"),
        job: variables.get("JOB_NAME"),
        pull_request,
        ..CiFacts::default()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A CI's variables, and the tags that come of them.
    const SAMPLES: &str = include_str!("ci_samples.txt");

    #[test]
    fn each_systems_variables_become_tags() {
        let mut seen = 0;
        for sample in SAMPLES.split("\n\n").filter(|sample| !sample.trim().is_empty()) {
            let (given, expected) = sample.split_once("=>\n").expect("variables, then tags");
            let pairs = |text: &str| -> BTreeMap<String, String> {
                let lines = text.lines().filter(|line| !line.starts_with('#'));
                lines
                    .filter_map(|line| line.split_once('='))
                    .map(|(k, v)| (k.trim().to_owned(), v.trim().to_owned()))
                    .collect()
            };
            let (given, expected) = (pairs(given), pairs(expected));
            let facts = ci_facts(&|name| given.get(name).cloned());
            let tags: BTreeMap<String, String> =
                facts.tags().into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            assert_eq!(tags, expected, "{sample}");
            seen += 1;
        }
        assert!(seen >= 14, "{seen} samples");
    }

    #[test]
    fn no_secret_is_asked_for() {
        let asked = RefCell::new(Vec::new());
        for sign in [
            "GITHUB_ACTIONS",
            "GITLAB_CI",
            "TF_BUILD",
            "CIRCLECI",
            "BUILDKITE",
            "TRAVIS",
            "BITBUCKET_BUILD_NUMBER",
            "TEAMCITY_VERSION",
            "DRONE",
            "JENKINS_URL",
        ] {
            ci_facts(&|name| {
                asked.borrow_mut().push(name.to_owned());
                (name == sign).then(|| "true".to_owned())
            });
        }
        let asked = asked.into_inner();
        assert!(asked.len() > 80);
        let secret = |name: &&String| {
            ["TOKEN", "SECRET", "PASSWORD", "KEY", "AUTH_"].iter().any(|part| name.contains(part))
                && *name != "BUILDKITE_STEP_KEY"
        };
        assert_eq!(asked.iter().find(secret), None);
    }

    #[test]
    fn facts_of_another_run_do_not_fit() {
        let facts = CiFacts { revision: Some("abc".to_owned()), ..CiFacts::default() };
        let session = |revision: Option<&str>| TestSession {
            tags: revision.map(|revision| ("revision".to_owned(), revision.to_owned())).into_iter().collect(),
            ..TestSession::default()
        };
        assert!(facts.fits(&session(None)) && facts.fits(&session(Some("abc"))) && !facts.fits(&session(Some("def"))));
    }
}
