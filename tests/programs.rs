//! The examples, built when a test first runs them.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    process::{Command, Output},
    sync::OnceLock,
};

use escargot::{CargoBuild, CargoRun};
use tempfile::NamedTempFile;

pub(crate) struct Program {
    name: &'static str,
    built: OnceLock<CargoRun>,
}

impl Program {
    pub(crate) const fn example(name: &'static str) -> Self {
        Self { name, built: OnceLock::new() }
    }

    pub(crate) fn command(&self) -> Command {
        let build = || CargoBuild::new().example(self.name).current_target().run();
        let built = self.built.get_or_init(|| build().expect("the example builds"));
        Command::new(built.path())
    }

    /// As [`command`](Self::command), by a user whom modes stop: not by root, whom they do not unless it
    /// gives that up.
    pub(crate) fn command_as_mere_user(&self) -> Command {
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
    pub(crate) fn command_after(&self, shell: &str) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{shell}; exec \"$0\" \"$@\""));
        command.arg(self.command().get_program());
        command
    }
}

/// What a program printed, and its exit status.
pub(crate) struct Printed {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
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
