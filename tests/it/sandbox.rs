//! A directory with its own home, clock, time zone and width, in which the program runs.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The directory, removed when it goes out of scope. `samples/demo` lies in it as in the project.
pub(crate) struct Sandbox {
    root: TempDir,
    variables: BTreeMap<String, String>,
}

/// What a command left behind: exit code, standard output, standard error.
#[must_use = "compare what the command said, or at least its exit code"]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// Returns a sandbox in which nobody has said anything yet.
    pub(crate) fn new() -> Sandbox {
        let root = TempDir::new().expect("a temporary directory");
        for name in ["home", "work", "bin"] {
            fs::create_dir(root.path().join(name)).expect("a directory");
        }
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy_tree(&project.join("samples/demo"), &root.path().join("work/samples/demo"));
        let variables =
            [("TZ", "UTC"), ("COLUMNS", "100"), ("INSIGHT_NOW", "2026-12-01T12:00:00Z"), ("LANG", "C.UTF-8")];
        let mut sandbox = Sandbox { root, variables: BTreeMap::new() };
        for (name, value) in variables {
            sandbox.set(name, value);
        }
        let home = sandbox.root.path().join("home").display().to_string();
        sandbox.set("HOME", &home);
        sandbox
    }

    /// Sets an environment variable for the commands to come.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Returns the directory in which commands run.
    pub(crate) fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// Writes a file below the directory in which commands run.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.work().join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("directories");
        fs::write(path, content).expect("a file");
    }

    /// Runs `insight` with the words of `line`.
    pub(crate) fn run(&self, line: &str) -> Said {
        self.run_with_input(line, b"")
    }

    /// Runs `insight` with the words of `line` and this standard input.
    pub(crate) fn run_with_input(&self, line: &str, input: &[u8]) -> Said {
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_insight")));
        command.args(line.split_whitespace()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("insight starts");
        // A command that reads no input closes the pipe, which is its right.
        let _ = child.stdin.take().expect("a pipe").write_all(input);
        self.said(&child.wait_with_output().expect("insight ends"))
    }

    /// Runs a shell script in which `insight`, and what `bin` holds, are on the path.
    #[cfg(unix)]
    pub(crate) fn run_script(&self, script: &str) -> Said {
        let mut command = self.command(Path::new("/bin/bash"));
        let program = Path::new(env!("CARGO_BIN_EXE_insight")).parent().expect("a directory");
        let path = format!("{}:{}:/usr/bin:/bin", self.root.path().join("bin").display(), program.display());
        command.env("PATH", path).arg("-c").arg(script).stdin(Stdio::null());
        self.said(&command.output().expect("bash runs"))
    }

    /// Puts a script on the path of scripts.
    #[cfg(all(unix, feature = "store"))]
    pub(crate) fn install(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.root.path().join("bin").join(name);
        fs::write(&path, script).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.variables).current_dir(self.work());
        command
    }

    fn said(&self, output: &Output) -> Said {
        let text = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            text.replace(&self.root.path().display().to_string(), "[DIR]")
                .replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
        };
        Said { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or_else(|| "signal".to_owned(), |code| code.to_string());
        write!(formatter, "exit code: {code}\n----- stdout -----\n{}----- stderr -----\n{}", self.stdout, self.stderr)
    }
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory").map(|entry| entry.expect("an entry")) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file");
        }
    }
}
