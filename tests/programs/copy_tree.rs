//! Tests of the example `copy_tree`, on real trees.

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{PermissionsExt, symlink},
        process::ExitStatusExt,
    },
    path::Path,
    process::Command,
};

use tempfile::{TempDir, tempdir};

use crate::programs::{Printed, Program, run};

static COPY_TREE: Program = Program::example("copy_tree");

/// The I/O drivers to test. io_uring needs Linux.
const DRIVERS: &[&str] = if cfg!(target_os = "linux") { &["io-uring", "poll"] } else { &["poll"] };

/// Copies `src` to `dst` in the folder.
fn copy(folder: &Path, arguments: &[&str]) -> Printed {
    let places = [folder.join("src"), folder.join("dst")];
    run(COPY_TREE.command().args(places), arguments)
}

/// Like [`copy`], but file modes apply even if root runs the tests.
fn copy_unprivileged(folder: &Path, arguments: &[&str]) -> Printed {
    let places = [folder.join("src"), folder.join("dst")];
    run(COPY_TREE.unprivileged_command().args(places), arguments)
}

fn set_mode(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Creates a folder with small files in `src`.
fn folder_of(files: usize) -> TempDir {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    for file in 0..files {
        let path = folder.path().join(format!("src/{file}"));
        fs::write(path, file.to_string()).unwrap();
    }
    folder
}

fn entries(directory: impl AsRef<Path>) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[track_caller]
fn assert_prints(printed: &Printed, name: &str, value: &str) {
    let line = printed.out.lines().find(|line| line.starts_with(name));
    assert_eq!(line.map(|line| line[name.len()..].trim()), Some(value), "{}", printed.out);
}

#[test]
fn tree_is_copied_exactly() {
    for &driver in DRIVERS {
        let folder = tempdir().unwrap();
        let (src, dst) = (folder.path().join("src"), folder.path().join("dst"));
        fs::create_dir_all(src.join("deep/er")).unwrap();
        fs::create_dir(src.join("empty")).unwrap();
        fs::write(src.join("empty file"), "").unwrap();
        let big: Vec<u8> = (0..3_000_001_u32).map(|byte| (byte % 251) as u8).collect();
        fs::write(src.join("deep/big"), &big).unwrap();
        let longest = "n".repeat(255);
        fs::write(src.join(&longest), "a name of the maximum length").unwrap();
        fs::write(src.join("deep/er/program"), "#!").unwrap();
        set_mode(src.join("deep/er/program"), 0o4755);
        set_mode(src.join("deep/big"), 0o400);
        symlink("big", src.join("deep/link")).unwrap();
        symlink("nowhere", src.join("dangling")).unwrap();
        symlink("..", src.join("deep/loop")).unwrap();
        set_mode(src.join("deep/er"), 0o555);

        let printed = copy(folder.path(), &["--driver", driver, "--verify"]);
        assert_eq!((printed.status, &*printed.err), (0, ""));
        assert_prints(&printed, "files copied", "4");
        assert_prints(&printed, "verified", "11");
        assert_prints(&printed, "driver", driver);
        assert_eq!(fs::read(dst.join("deep/big")).unwrap(), big);
        assert_eq!(mode(dst.join("deep/big")), 0o400);
        assert_eq!(mode(dst.join("deep/er/program")), 0o4755);
        assert_eq!(mode(dst.join("deep/er")), 0o555);
        assert_eq!(fs::read_link(dst.join("deep/loop")).unwrap(), Path::new(".."));
        assert_eq!(fs::read_link(dst.join("dangling")).unwrap(), Path::new("nowhere"));
        assert_eq!(entries(&dst), ["dangling", "deep", "empty", "empty file", &longest]);
        assert_eq!(entries(dst.join("deep")), ["big", "er", "link", "loop"]);
        set_mode(src.join("deep/er"), 0o755);
        set_mode(dst.join("deep/er"), 0o755);
    }
}

#[test]
fn second_copy_replaces_only_files_of_first_copy() {
    let folder = folder_of(2);
    let dst = folder.path().join("dst");
    symlink("0", folder.path().join("src/link")).unwrap();
    assert_eq!(copy(folder.path(), &[]).status, 0);
    fs::write(dst.join("unrelated"), "kept").unwrap();
    fs::write(folder.path().join("src/1"), "new").unwrap();

    let printed = copy(folder.path(), &["--verify"]);
    assert_eq!((printed.status, &*printed.err), (0, ""));
    assert_eq!(fs::read(dst.join("1")).unwrap(), b"new");
    assert_eq!(entries(&dst), ["0", "1", "link", "unrelated"]);
}

#[test]
fn verify_names_files_that_differ() {
    let folder = tempdir().unwrap();
    let (src, dst) = (folder.path().join("src"), folder.path().join("dst"));
    // In the destination, both names lead to the same directory, so one copy replaces the other.
    for directory in ["one", "other"] {
        fs::create_dir_all(src.join(directory)).unwrap();
        fs::write(src.join(directory).join("file"), directory).unwrap();
    }
    fs::create_dir_all(dst.join("one")).unwrap();
    symlink("one", dst.join("other")).unwrap();
    assert_eq!(copy(folder.path(), &[]).status, 0);

    let printed = copy(folder.path(), &["--verify"]);
    assert_eq!(printed.status, 1);
    assert!(printed.err.contains("dst/other: differs from the source"), "{}", printed.err);
    let one_file = printed.err.matches("/file: differs from the source").count();
    assert_eq!(one_file, 1, "{}", printed.err);
}

#[test]
fn peak_reaches_limit_and_never_exceeds_it() {
    let folder = folder_of(100);
    for &driver in DRIVERS {
        for (limit, peak) in [("1", "1 of 1"), ("99", "99 of 99"), ("101", "100 of 101")] {
            let printed = copy(folder.path(), &["--driver", driver, "--max-in-flight", limit]);
            assert_eq!(printed.status, 0, "{}", printed.err);
            assert_prints(&printed, "peak in flight", peak);
        }
    }
}

#[test]
fn bounded_copy_needs_few_descriptors_and_unbounded_copy_fails() {
    let folder = folder_of(2_000);
    let places = [folder.path().join("src"), folder.path().join("dst")];
    for &driver in DRIVERS {
        let few_descriptors = || {
            let mut command = COPY_TREE.command_with_setup("ulimit -n 64");
            command.args(&places).args(["--driver", driver]);
            command
        };
        let bounded = run(&mut few_descriptors(), &["--max-in-flight", "16", "--verify"]);
        assert_eq!((bounded.status, &*bounded.err), (0, ""));
        assert_prints(&bounded, "files copied", "2000");
        assert_prints(&bounded, "peak in flight", "16 of 16");

        let unbounded = run(&mut few_descriptors(), &["--unbounded"]);
        assert_eq!(unbounded.status, 1);
        assert!(unbounded.err.contains("Too many open files"), "{}", unbounded.err);
    }
}

#[test]
fn sample_is_copied_and_verified_without_arguments() {
    let printed = COPY_TREE.run(&["--max-in-flight", "32"]);
    assert_eq!((printed.status, &*printed.err), (0, ""));
    assert_prints(&printed, "files copied", "2000");
    assert_prints(&printed, "peak in flight", "32 of 32");
}

#[test]
fn missing_source_is_named_and_nothing_is_written() {
    let folder = tempdir().unwrap();
    let printed = copy(folder.path(), &[]);
    assert_eq!(printed.status, 1);
    assert!(printed.err.contains("src: No such file"), "{}", printed.err);
    assert!(entries(folder.path()).is_empty());
}

#[test]
fn file_as_source_is_named_and_nothing_is_written() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("src"), "").unwrap();
    let printed = copy(folder.path(), &[]);
    assert_eq!(printed.status, 1);
    assert!(printed.err.contains("src: not a directory"), "{}", printed.err);
    assert_eq!(entries(folder.path()), ["src"]);
}

#[test]
fn destination_inside_source_is_rejected_and_nothing_is_written() {
    let folder = folder_of(1);
    let src = folder.path().join("src");
    symlink(&src, folder.path().join("alias")).unwrap();
    let inside =
        [src.clone(), src.join("a/b"), folder.path().join("alias/c"), src.join("../src/d")];
    for destination in inside {
        let printed = COPY_TREE.run(&[&src, &destination]);
        assert_eq!(printed.status, 1, "{}", destination.display());
        assert!(printed.err.contains("inside the source"), "{}", printed.err);
        assert!(printed.err.contains(&*destination.to_string_lossy()), "{}", printed.err);
    }
    assert_eq!(entries(&src), ["0"]);
}

#[test]
fn destination_linked_into_source_is_rejected_and_nothing_is_written() {
    let folder = folder_of(1);
    let (src, dst) = (folder.path().join("src"), folder.path().join("dst"));
    fs::create_dir(src.join("sub")).unwrap();
    fs::write(src.join("sub/file"), "").unwrap();
    fs::create_dir(&dst).unwrap();
    symlink("../src", dst.join("sub")).unwrap();
    let printed = copy(folder.path(), &[]);
    assert_eq!(printed.status, 1);
    assert!(
        printed.err.contains("dst/sub: the destination is inside the source"),
        "{}",
        printed.err
    );
    assert_eq!(entries(&src), ["0", "sub"]);
    assert_eq!(entries(&dst), ["sub"]);
}

#[test]
fn oversized_file_leaves_no_partial_copy_and_other_files_are_copied() {
    let folder = folder_of(5);
    fs::write(folder.path().join("src/large"), vec![1; 1 << 20]).unwrap();
    let (src, dst) = (folder.path().join("src"), folder.path().join("dst"));
    for &driver in DRIVERS {
        // Files are limited to 64 KiB. A write beyond that returns an error, as on a full disk.
        let mut command = COPY_TREE.command_with_setup("trap '' XFSZ; ulimit -f 128");
        let printed = run(command.args([&src, &dst]), &["--driver", driver]);
        assert_eq!(printed.status, 1);
        assert!(printed.err.contains("dst/large: File too large"), "{}", printed.err);
        assert_eq!(printed.err.lines().count(), 1);
        assert_prints(&printed, "files copied", "5");
        assert_eq!(entries(&dst), ["0", "1", "2", "3", "4"]);
    }
}

#[test]
fn crash_leaves_no_partial_file_under_final_name_and_next_copy_succeeds() {
    let folder = folder_of(5);
    let (src, dst) = (folder.path().join("src"), folder.path().join("dst"));
    fs::write(src.join("large"), vec![1; 1 << 20]).unwrap();
    // With the poll driver, a write beyond the limit kills the program by a signal. With io_uring,
    // the write would only return an error.
    let mut command = COPY_TREE.command_with_setup("ulimit -c 0; ulimit -f 128");
    let crashed = command.args([&src, &dst]).args(["--driver", "poll"]).output().unwrap();
    assert!(crashed.status.signal().is_some(), "{crashed:?}");
    let (partial, complete): (Vec<_>, Vec<_>) =
        entries(&dst).into_iter().partition(|name| name.starts_with(".copy_tree-"));
    assert!(!partial.is_empty());
    assert!(!complete.contains(&"large".to_owned()));
    for name in complete {
        assert_eq!(fs::read(dst.join(&name)).unwrap(), fs::read(src.join(&name)).unwrap());
    }

    let printed = copy(folder.path(), &["--verify"]);
    assert_eq!((printed.status, &*printed.err), (0, ""));
    assert_prints(&printed, "verified", "7");
}

#[test]
fn unwritable_files_are_named_and_other_files_are_copied() {
    let folder = folder_of(3);
    let (src, dst) = (folder.path().join("src"), folder.path().join("dst"));
    fs::create_dir(src.join("sub")).unwrap();
    fs::write(src.join("sub/file"), "").unwrap();
    fs::create_dir_all(dst.join("1/full")).unwrap();
    fs::write(dst.join("sub"), "a file in place of a directory").unwrap();
    set_mode(dst.join("sub"), 0o600);
    let printed = copy(folder.path(), &[]);
    assert_eq!(printed.status, 1);
    for named in ["dst/1: Is a directory", "dst/sub: File exists", "dst/sub/file: Not a directory"]
    {
        assert!(printed.err.contains(named), "{named} in {}", printed.err);
    }
    assert_prints(&printed, "files copied", "2");
    assert_eq!(entries(&dst), ["0", "1", "2", "sub"]);
    assert_eq!(mode(dst.join("sub")), 0o600, "an entry that is not replaced keeps its mode");
}

#[test]
fn read_only_destination_fails_each_file_and_nothing_is_written() {
    let folder = folder_of(3);
    let dst = folder.path().join("dst");
    fs::create_dir(&dst).unwrap();
    set_mode(&dst, 0o555);
    let printed = copy_unprivileged(folder.path(), &[]);
    assert_eq!(printed.status, 1);
    for file in 0..3 {
        let named = format!("dst/{file}: Permission denied");
        assert!(printed.err.contains(&named), "{named} in {}", printed.err);
    }
    assert_prints(&printed, "files copied", "0");
    assert!(entries(&dst).is_empty());
}

#[test]
fn unreadable_files_are_named_and_other_files_are_copied() {
    let folder = folder_of(3);
    let pipe = folder.path().join("src/pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let unreadable = folder.path().join("src/unreadable");
    fs::create_dir(&unreadable).unwrap();
    set_mode(folder.path().join("src/1"), 0);
    set_mode(&unreadable, 0);

    let printed = copy_unprivileged(folder.path(), &[]);
    assert_eq!(printed.status, 1);
    for named in [
        "src/pipe: not a file, directory or symlink",
        "src/1: Permission denied",
        "src/unreadable: Permission denied",
    ] {
        assert!(printed.err.contains(named), "{named} in {}", printed.err);
    }
    assert_prints(&printed, "files copied", "2");
    assert_eq!(entries(folder.path().join("dst")), ["0", "2"]);
    set_mode(&unreadable, 0o700);
}

#[test]
fn invalid_arguments_exit_with_usage_error() {
    COPY_TREE.assert_rejects(&[
        &["only-one"],
        &["--max-in-flight", "0"],
        &["--max-in-flight", "many"],
        &["--max-in-flight", "1", "--unbounded"],
        &["--driver", "steam"],
    ]);
}
