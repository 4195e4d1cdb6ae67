//! The `insight` binary: hands the process's arguments to [`insight::cli`] and leaves with its exit code.

/// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    insight::cli::main()
}
