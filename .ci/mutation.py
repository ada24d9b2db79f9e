"""A copy of the crate to make mistakes in, and the test suites that must catch them."""

import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COPIED = ["Cargo.toml", "Cargo.lock", "README.md", "src", "tests", "loom-tests"]


@dataclasses.dataclass(frozen=True)
class Suite:
    name: str
    command: list
    rustflags: str


TESTS = Suite("tests", ["cargo", "test", "--features", "tracing", "--test", "semaphore"], "")
MODELS = Suite(
    "models",
    ["cargo", "test", "--release", "--test", "loom"],
    "--cfg loom --cfg compio_sync_exhaustive -C debug-assertions",
)
# The models of code on top, at the compact level.
USERS = dataclasses.replace(MODELS, name="users", rustflags="--cfg loom -C debug-assertions")
SUITES = {suite.name: suite for suite in (TESTS, MODELS, USERS)}


@dataclasses.dataclass(frozen=True)
class Result:
    """How a run ended: "passed", "failed", "did not compile" or "timed out"."""

    outcome: str
    # The tests that failed, or the last lines of the compiler's output.
    details: list = dataclasses.field(default_factory=list)


class Copy:
    """A copy of the crate in the target folder, where its builds are kept between runs."""

    def __init__(self, name):
        self.folder = ROOT / "target" / name
        self.tree = self.folder / "tree"
        self.restore()

    def restore(self):
        """Copies all sources again. They get new modification times, so cargo rebuilds them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.tree, ignore_errors=True)
        self.tree.mkdir()
        for entry in COPIED:
            source = ROOT / entry
            if source.is_dir():
                shutil.copytree(source, self.tree / entry, copy_function=shutil.copyfile)
            else:
                shutil.copyfile(source, self.tree / entry)

    def keep_models(self, modules):
        """Removes all other modules of models, so that the rest compiles faster."""
        path = self.tree / "loom-tests" / "main.rs"
        kept = []
        for line in path.read_text().splitlines(keepends=True):
            module = re.match(r"mod (\w+);", line)
            file = self.tree / "loom-tests" / f"{module[1]}.rs" if module else None
            if file and file.exists() and "#[test]" in file.read_text() and module[1] not in modules:
                # The attribute above belongs to the module.
                if kept[-1].startswith("#[cfg"):
                    kept.pop()
            else:
                kept.append(line)
        path.write_text("".join(kept))

    def build(self, suite):
        """Compiles the suite. Returns None, or a `Result` if it does not compile."""
        built = subprocess.run(
            [*suite.command, "--no-run"],
            cwd=self.tree,
            env=self._env(suite),
            capture_output=True,
            text=True,
        )
        if built.returncode == 0:
            return None
        return Result("did not compile", built.stderr.splitlines()[-20:])

    def test_names(self, suite):
        """Returns the names of all tests of the suite. Exits if it does not compile."""
        if failure := self.build(suite):
            sys.exit("\n".join([f"The unchanged {suite.name} do not compile:", *failure.details]))
        listed = subprocess.run(
            [*suite.command, "--", "--list", "--format", "terse"],
            cwd=self.tree,
            env=self._env(suite),
            capture_output=True,
            text=True,
            check=True,
        )
        return re.findall(r"^(\S+): test$", listed.stdout, re.M)

    def run(self, suite, *arguments, seconds=900):
        """Compiles the suite and runs it with `arguments` of the test harness."""
        if failure := self.build(suite):
            return failure
        process = subprocess.Popen(
            [*suite.command, "--", *arguments],
            cwd=self.tree,
            env=self._env(suite),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            # The group contains cargo and the tests that it has started.
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return Result("timed out")
        if process.returncode == 0:
            return Result("passed")
        failed = re.findall(r"^test (\S+)(?: - should panic)? \.\.\. FAILED", out, re.M)
        # A panic in a destructor aborts the process before the harness reports the test. The thread
        # that panicked has the name of the test.
        failed += re.findall(r"^thread '(\S+)' (?:\(\d+\) )?panicked", err, re.M)
        return Result("failed", list(dict.fromkeys(name for name in failed if name != "main")))

    def _env(self, suite):
        return dict(
            os.environ,
            RUSTFLAGS=suite.rustflags,
            CARGO_TARGET_DIR=str(self.folder / suite.name),
            # Each build differs from the previous one by one line.
            CARGO_INCREMENTAL="1",
            CARGO_PROFILE_RELEASE_DEBUG="0",
            RUST_BACKTRACE="0",
        )


def apply_patch(path, tree, *options):
    """Applies the patch to the tree. Returns what `patch` prints if it does not apply exactly."""
    command = ["patch", "-p1", "--fuzz=0", "--batch", "--forward", "--no-backup-if-mismatch"]
    command += [*options, "--input", path]
    patched = subprocess.run(command, cwd=tree, capture_output=True, text=True)
    return patched.stdout + patched.stderr if patched.returncode != 0 else None


def print_table(rows):
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows)]
    for row in rows:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())
