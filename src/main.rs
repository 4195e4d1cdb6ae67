//! The `insight` binary: hands the process's arguments to [`insight::cli`] and leaves with its exit code.

fn main() -> std::process::ExitCode {
    insight::cli::main()
}
