//! The examples, built when a test first runs them.

mod adaptive_limit;
mod copy_tree;
mod crawl;
mod graceful_shutdown;
mod proxy;
mod rate_limit;
mod static_service;

use std::{
    ffi::OsStr,
    fs::{self, Permissions},
    io::{BufRead, BufReader, Lines, Read, Write},
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

    /// Wrong usage has a status of its own, and is answered with the right one.
    #[track_caller]
    fn assert_refuses(&self, all: &[&[&str]]) {
        for wrong in all {
            let Printed { status, out, err } = self.run(wrong);
            assert_eq!((status, &*out), (2, ""), "{wrong:?}");
            assert!(err.contains("Usage") || err.contains("--help"), "{err}");
        }
    }

    /// As [`command`](Self::command), by a user whom modes stop: not by root, whom they do not unless it
    /// gives that up.
    fn command_as_mere_user(&self) -> Command {
        let shut = NamedTempFile::new().unwrap();
        fs::set_permissions(shut.path(), Permissions::from_mode(0o000)).unwrap();
        let modes_stop_us = fs::read(shut.path()).is_err();
        let command = self.command();
        if modes_stop_us {
            return command;
        }
        let mut without_powers = Command::new("setpriv");
        without_powers.arg("--bounding-set=-dac_override,-dac_read_search").arg("--");
        without_powers.arg(command.get_program());
        without_powers
    }

    /// As [`command`](Self::command), by a shell that does this before.
    fn command_after(&self, shell: &str) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{shell}; exec \"$0\" \"$@\""));
        command.arg(self.command().get_program());
        command
    }
}

fn run(command: &mut Command, arguments: &[impl AsRef<OsStr>]) -> Printed {
    command.args(arguments).output().unwrap().into()
}

/// What a program printed, and its exit status.
struct Printed {
    status: i32,
    out: String,
    err: String,
}

impl From<Output> for Printed {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().expect("it was not killed"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// What stands behind this name in what was printed.
#[track_caller]
fn summary<'a>(out: &'a str, name: &str) -> &'a str {
    let line = out.lines().find_map(|line| line.strip_prefix(&format!("{name}  ")));
    line.unwrap_or_else(|| panic!("no {name} in {out}")).trim()
}

/// A program that runs, and all that was read of it.
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

    /// Reads to the first line that starts with this.
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

/// A test that fails leaves nothing that runs on.
impl Drop for Running {
    fn drop(&mut self) {
        // An error says that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
