"""A copy of the crate in which one thing is made wrong, and the tests and models that must notice."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COPIED = ["Cargo.toml", "Cargo.lock", "README.md", "src", "tests", "loom-tests"]

MODELS = {
    "command": ["cargo", "test", "--release", "--test", "loom"],
    "flags": "--cfg loom -C debug-assertions",
    "skipped": [],
}
TESTS = {
    "command": ["cargo", "test", "--features", "tracing", "--test", "semaphore"],
    "flags": "",
    # Programs are not copied: they are no tests of the library.
    "skipped": ["--skip", "programs::"],
}


class Mutation:
    """The copy, in the target folder, so that its builds are kept between runs."""

    def __init__(self, name):
        self.folder = ROOT / "target" / name
        self.tree = self.folder / "tree"
        self.restore()

    def restore(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.tree, ignore_errors=True)
        self.tree.mkdir()
        for entry in COPIED:
            source = ROOT / entry
            # With the time of now, or cargo would take what was built from a mutation for up to date.
            if source.is_dir():
                shutil.copytree(source, self.tree / entry, copy_function=shutil.copyfile)
            else:
                shutil.copyfile(source, self.tree / entry)

    def run(self, suite, only=None, seconds=900):
        """The outcome, and the tests that failed: "passed", "failed", "no build" or "no end"."""
        if only is None:
            filters = suite["skipped"]
        else:
            # A module, or one test.
            filters = [only] if only.endswith("::") else ["--exact", only]
        env = dict(os.environ)
        env["RUSTFLAGS"] = suite["flags"]
        env["CARGO_TARGET_DIR"] = str(self.folder / suite["command"][-1])
        env["RUST_BACKTRACE"] = "0"
        build = [*suite["command"], "--no-run"]
        built = subprocess.run(build, cwd=self.tree, env=env, capture_output=True, text=True)
        if built.returncode != 0:
            return "no build", built.stderr.splitlines()[-20:]
        ran = subprocess.Popen(
            [*suite["command"], "--", *filters],
            cwd=self.tree,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            out, err = ran.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            # cargo, and the test that it runs.
            os.killpg(ran.pid, signal.SIGKILL)
            ran.communicate()
            return "no end", []
        if ran.returncode == 0:
            return "passed", []
        failed = re.findall(r"^test (\S+)(?: - should panic)? \.\.\. FAILED", out, re.M)
        # A panic in a destructor aborts the process before a test is reported: it names its thread.
        failed += re.findall(r"^thread '(\S+)' (?:\(\d+\) )?panicked", err, re.M)
        return "failed", list(dict.fromkeys(name for name in failed if name != "main"))

    def first_to_fail(self, suite, groups, seconds=900):
        """The same, but run group by group, and no further than to the first failure."""
        for group in groups:
            outcome, failed = self.run(suite, group, seconds)
            if outcome != "passed":
                return outcome, failed
        return "passed", []

    def must_pass(self, suite):
        """Nothing is caught by a suite that fails anyhow."""
        outcome, detail = self.run(suite)
        if outcome != "passed":
            sys.exit(f"without a mutation: {outcome}: {detail}")


def table(rows):
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows)]
    for row in rows:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())
