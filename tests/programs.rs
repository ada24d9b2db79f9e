//! Tests of the examples. Each example is built when a test first runs it.
//!
//! These tests need Unix: they use file modes, symlinks, `sh` and `kill`. As root, some also need
//! `setpriv`, which only Linux has. io_uring is tested on Linux only.

#![cfg(unix)]

mod adaptive_limit;
mod copy_tree;
mod kv_server;
mod proxy;
mod rate_limit;
mod static_service;

use std::{
    ffi::OsStr,
    fs::{self, Permissions},
    io::{BufRead, BufReader, Lines, Read, Write},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    process::{Child, ChildStdout, Command, Output, Stdio},
    sync::OnceLock,
};

use escargot::{CargoBuild, CargoRun};
use tempfile::NamedTempFile;

struct Program {
    name: &'static str,
    built: OnceLock<CargoRun>,
}

impl Program {
    const fn example(name: &'static str) -> Self {
        Self { name, built: OnceLock::new() }
    }

    fn command(&self) -> Command {
        let build = || CargoBuild::new().example(self.name).current_target().run();
        let built = self.built.get_or_init(|| build().expect("the example builds"));
        Command::new(built.path())
    }

    fn run(&self, arguments: &[impl AsRef<OsStr>]) -> Printed {
        run(&mut self.command(), arguments)
    }

    /// Asserts that the program rejects each list of arguments with status 2 and a hint at the
    /// usage.
    #[track_caller]
    fn assert_rejects(&self, invalid: &[&[&str]]) {
        for arguments in invalid {
            let Printed { status, out, err } = self.run(arguments);
            assert_eq!((status, &*out), (2, ""), "{arguments:?}");
            assert!(err.contains("Usage") || err.contains("--help"), "{err}");
        }
    }

    /// Like [`command`](Self::command), but file modes apply to the program even if root runs the
    /// tests.
    fn unprivileged_command(&self) -> Command {
        let unreadable = NamedTempFile::new().unwrap();
        fs::set_permissions(unreadable.path(), Permissions::from_mode(0o000)).unwrap();
        let modes_apply = fs::read(unreadable.path()).is_err();
        let command = self.command();
        if modes_apply {
            return command;
        }
        let mut unprivileged = Command::new("setpriv");
        unprivileged.arg("--bounding-set=-dac_override,-dac_read_search").arg("--");
        unprivileged.arg(command.get_program());
        unprivileged
    }

    /// Like [`command`](Self::command), but started by a shell that first runs the setup.
    fn command_with_setup(&self, setup: &str) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{setup}; exec \"$0\" \"$@\""));
        command.arg(self.command().get_program());
        command
    }
}

fn run(command: &mut Command, arguments: &[impl AsRef<OsStr>]) -> Printed {
    command.args(arguments).output().unwrap().into()
}

/// The exit status and the output of a program.
struct Printed {
    status: i32,
    out: String,
    err: String,
}

impl From<Output> for Printed {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().expect("the program exits without a signal"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Returns the value after the label in the output.
#[track_caller]
fn summary<'a>(out: &'a str, label: &str) -> &'a str {
    let line = out.lines().find_map(|line| line.strip_prefix(&format!("{label}  ")));
    line.unwrap_or_else(|| panic!("no line starts with '{label}' in {out}")).trim()
}

/// A running program, and its output so far.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    out: String,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, out: String::new() }
    }

    /// Reads up to the first line that starts with `start`, and returns this line.
    #[track_caller]
    fn line(&mut self, start: &str) -> String {
        for line in self.lines.by_ref().map(Result::unwrap) {
            self.out += &format!("{line}\n");
            if line.starts_with(start) {
                return line;
            }
        }
        panic!("no line starts with '{start}' in {}", self.out);
    }

    /// Reads up to the line that names the address on which the program listens.
    #[track_caller]
    fn address(&mut self) -> SocketAddr {
        let line = self.line("listening on ");
        line["listening on ".len()..].split([',', ';']).next().unwrap().parse().unwrap()
    }

    fn type_line(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn end_input(&mut self) {
        self.child.stdin = None;
    }

    fn press_ctrl_c(&self) {
        let kill = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Reads the output up to its end, and waits for the program to exit.
    fn end(mut self) -> Printed {
        for line in self.lines.by_ref().map(Result::unwrap) {
            self.out += &format!("{line}\n");
        }
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        let status = self.child.wait().unwrap();
        let status = status.code().unwrap_or_else(|| panic!("{status}: {err}{}", self.out));
        Printed { status, out: std::mem::take(&mut self.out), err }
    }
}

/// Kills the program, so that a failed test does not leave it running.
impl Drop for Running {
    fn drop(&mut self) {
        // An error means that the program has already exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
