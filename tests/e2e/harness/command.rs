//! Commands of an operator, as `make` runs them on the local stack.

use std::path::Path;

use tokio::process::Command;

use super::World;

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// whether its exit status is 0
    pub success: bool,
    /// its output and its errors
    pub text: String,
}

/// Runs a Python module of `infra` with these arguments.
pub async fn operator_command(world: &World, module: &str, arguments: &[&str]) -> Said {
    let infra = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra");
    let mut command = Command::new(&world.stack.description.python);
    command.args(["-m", module]).args(arguments).arg("--local").env("PYTHONPATH", infra).kill_on_drop(true);
    let done = command.output().await.expect("a command");
    let text = [done.stdout, done.stderr].concat();
    Said { success: done.status.success(), text: String::from_utf8_lossy(&text).into_owned() }
}
