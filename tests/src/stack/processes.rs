//! The operating system's processes that run functions.

use std::{fs, path::Path, process::Command};

/// A process that runs a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionProcess {
    /// its id
    pub pid: u32,
    /// the function's name
    pub function: String,
}

impl FunctionProcess {
    /// Kills processes as a crash would. Processes that ended already are no error.
    pub fn kill_all(processes: &[Self]) -> std::io::Result<()> {
        if processes.is_empty() {
            return Ok(());
        }
        let pids = processes.iter().map(|process| process.pid.to_string());
        Command::new("kill").arg("-9").args(pids).stderr(std::process::Stdio::null()).status().map(drop)
    }
}

/// Returns the processes that run functions of the stack with this AWS endpoint.
pub fn function_processes(endpoint: &str) -> Vec<FunctionProcess> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let function = function_of(&entry.path(), endpoint)?;
            Some(FunctionProcess { pid, function })
        })
        .collect()
}

/// Returns the function that the process runs, if it runs one for this endpoint.
fn function_of(process: &Path, endpoint: &str) -> Option<String> {
    let program = fs::read_link(process.join("exe")).ok()?;
    if program.file_name()? != "bootstrap" {
        return None;
    }
    let environment = String::from_utf8_lossy(&fs::read(process.join("environ")).ok()?).into_owned();
    let value = |name: &str| environment.split('\0').find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    (value("AWS_ENDPOINT_URL")? == endpoint).then_some(value("AWS_LAMBDA_FUNCTION_NAME")?.to_owned())
}
