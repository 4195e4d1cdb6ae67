//! What a CI's console log says of the run before the tests begin: the checkout, the job, the system itself.
//!
//! Only whole facts are taken: a full revision, and only where the log names one alone; a shortened one would look like another revision than the
//! full one that a report of the same run carries.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::CiFacts;

/// Marks that a CI system leaves in its logs.
const SYSTEMS: [(&str, &str); 8] = [
    ("github", "Current runner version: "),
    ("gitlab", "Running with gitlab-runner "),
    ("azure", "##[section]Starting: "),
    ("travis", "travis_fold:start:"),
    ("buildkite", "_bk;t="),
    ("jenkins", "[Pipeline] "),
    ("circleci", "CIRCLECI=true"),
    ("teamcity", "TeamCity server version is "),
];

/// Lines that name the revision that is checked out.
const REVISIONS: [&str; 5] = [
    // actions/checkout, Azure: the question, and the answer on the next line behind its time stamp.
    r"git log -1 --format=%?'?%?H'?\r?\n[^\n]{0,40}?\b([0-9a-f]{40})\b",
    r"git checkout (?:-[a-z]+ |--[a-z-]+ )*([0-9a-f]{40})\b",
    // Jenkins.
    r"Checking out Revision ([0-9a-f]{40}) \(",
    // Azure.
    r"Build\.SourceVersion: ([0-9a-f]{40})\b",
    r"\bCIRCLE_SHA1=([0-9a-f]{40})\b",
];

/// Lines that name the branch.
const BRANCHES: [&str; 5] = [
    r"git checkout (?:-[a-z]+ |--[a-z-]+ )*-B (\S+) refs/remotes/origin/",
    // GitLab.
    r"Checking out [0-9a-f]{8,40} as (?:detached HEAD \(ref is )?([^\s()]+)\)?\.\.\.",
    r"Checking out Revision [0-9a-f]{40} \((?:refs/remotes/)?origin/([^\s()]+)\)",
    r"git clone [^\n]*--branch=([^\s']+) ",
    r"\bCIRCLE_BRANCH=(\S+)",
];

/// Lines that name the number of the pull request.
const PULL_REQUESTS: [&str; 3] = [
    r"refs/remotes/pull/([0-9]+)/merge",
    r"\+refs/pull/([0-9]+)/(?:merge|head)",
    r"refs/merge-requests/([0-9]+)/(?:merge|head)",
];

/// Lines that name the job.
const JOBS: [&str; 2] = [r"Complete job name: ([^\r\n]+)", r"\bCIRCLE_JOB=(\S+)"];

/// Lines that name the repository.
const REPOSITORIES: [&str; 2] = [
    r"Syncing repository: ([\w.-]+/[\w.-]+)",
    r"git clone [^\n]*https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?[\s']",
];

/// Returns what the first bytes of a console log say of the run.
pub(crate) fn log_facts(head: &[u8]) -> CiFacts {
    let system = SYSTEMS.iter().find(|(_, mark)| memchr::memmem::find(head, mark.as_bytes()).is_some());
    let Some((provider, _)) = system else { return CiFacts::default() };
    let patterns = patterns();
    CiFacts {
        provider: Some(provider),
        repository: only(&patterns.repositories, head),
        branch: only(&patterns.branches, head),
        revision: only(&patterns.revisions, head),
        pull_request: only(&patterns.pull_requests, head),
        job: only(&patterns.jobs, head),
        ..CiFacts::default()
    }
}

/// Returns the one value that the patterns find; nothing where they find several.
fn only(patterns: &[Regex], head: &[u8]) -> Option<String> {
    let found: BTreeSet<&[u8]> = patterns
        .iter()
        .flat_map(|pattern| pattern.captures_iter(head))
        .filter_map(|captures| captures.get(1).map(|group| group.as_bytes()))
        .collect();
    let mut found = found.into_iter();
    let first = found.next()?;
    if found.next().is_some() {
        return None;
    }
    Some(String::from_utf8_lossy(first).trim().to_owned())
}

struct Patterns {
    revisions: Vec<Regex>,
    branches: Vec<Regex>,
    pull_requests: Vec<Regex>,
    jobs: Vec<Regex>,
    repositories: Vec<Regex>,
}

fn patterns() -> &'static Patterns {
    static PATTERNS: OnceLock<Patterns> = OnceLock::new();
    let compiled = |texts: &[&str]| -> Vec<Regex> {
        texts.iter().map(|text| Regex::new(text).expect("a pattern that a test compiles")).collect()
    };
    PATTERNS.get_or_init(|| Patterns {
        revisions: compiled(&REVISIONS),
        branches: compiled(&BRANCHES),
        pull_requests: compiled(&PULL_REQUESTS),
        jobs: compiled(&JOBS),
        repositories: compiled(&REPOSITORIES),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "d13871fb1289b7ae9ae56db1bc1a2ee05b279aa2";
    const TWO: &str = "f596e760c8ed0fbc53db45479c8d460f1a40fd06";

    #[test]
    fn logs_of_ci_systems_say_what_they_run() {
        let rows: [(String, &[(&str, &str)]); 9] = [
            (
                format!(
                    "\u{feff}2025-12-30T14:51:03.7708005Z Current runner version: '2.330.0'\n\
                     2025-12-30T14:51:04.1Z Complete job name: test (3.12)\r\n\
                     2025-12-30T14:51:04.2Z Syncing repository: octo/shop\n\
                     2025-12-30T14:51:05.5533552Z [command]/usr/bin/git checkout --progress --force refs/remotes/pull/130/merge\n\
                     2025-12-30T14:51:05.5968335Z [command]/usr/bin/git log -1 --format=%H\n2025-12-30T14:51:05.5989594Z {ONE}\n"
                ),
                &[("ci", "github"), ("job", "test (3.12)"), ("pull_request", "130"), ("repository", "octo/shop"), ("revision", ONE)],
            ),
            (
                format!(
                    "Z Current runner version: '2'\nZ [command]/usr/bin/git checkout --progress --force -B main refs/remotes/origin/main\n\
                     Z [command]/usr/bin/git log -1 --format='%H'\nZ '{ONE}'\n"
                ),
                &[("branch", "main"), ("ci", "github"), ("revision", ONE)],
            ),
            // Two repositories: which is the one under test, the log does not say.
            (
                format!("Current runner version: x\ngit log -1 --format=%H\n{ONE}\ngit log -1 --format=%H\n{TWO}\n"),
                &[("ci", "github")],
            ),
            (
                "\u{1b}[0KRunning with gitlab-runner 17.0\nChecking out 1a2b3c4d as detached HEAD (ref is feature/x)...\n".to_owned(),
                &[("branch", "feature/x"), ("ci", "gitlab")],
            ),
            (
                format!("[Pipeline] checkout\nChecking out Revision {ONE} (refs/remotes/origin/main)\n > git checkout -f {ONE} # timeout=10\n"),
                &[("branch", "main"), ("ci", "jenkins"), ("revision", ONE)],
            ),
            (
                format!(
                    "travis_fold:start:git.checkout\r\u{1b}[0K$ git clone --depth=50 --branch=shell-info https://github.com/nvbn/thefuck.git nvbn/thefuck\n\
                     $ git checkout -qf {ONE}\n"
                ),
                &[("branch", "shell-info"), ("ci", "travis"), ("repository", "nvbn/thefuck"), ("revision", ONE)],
            ),
            (
                format!("\u{1b}_bk;t=1778140791050\u{7}$ git checkout -f {TWO}\n"),
                &[("ci", "buildkite"), ("revision", TWO)],
            ),
            // No CI: a checkout in a log of no system may be of anything.
            (format!("git checkout -f {TWO}\n"), &[]),
            (String::new(), &[]),
        ];
        for (head, expected) in rows {
            let facts = log_facts(head.as_bytes());
            let tags: Vec<(&str, &str)> = facts.tags().into_iter().collect();
            assert_eq!(tags, expected, "{head}");
        }
    }
}
