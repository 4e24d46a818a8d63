//! The `assay` command: parses, dispatches, and turns failures into one sentence and an exit code.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    assay::cli::main()
}
