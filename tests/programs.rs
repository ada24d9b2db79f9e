//! The examples, built when a test first runs them.

use std::{
    process::{Command, Output},
    sync::OnceLock,
};

use escargot::{CargoBuild, CargoRun};

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
