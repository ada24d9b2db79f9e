//! Tests of the example `crawl`, on real trees.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
};

use tempfile::{TempDir, tempdir};

use crate::programs::{Program, Running, run, summary};

static CRAWL: Program = Program::example("crawl");

const WITH_AND_WITHOUT_BACKPRESSURE: [&[&str]; 2] = [&[], &["--no-backpressure"]];

fn folder_of(files: usize) -> TempDir {
    let folder = tempdir().unwrap();
    for file in 0..files {
        fs::write(folder.path().join(file.to_string()), file.to_string()).unwrap();
    }
    folder
}

#[test]
fn files_are_hashed_once_and_links_are_not_followed() {
    let folder = tempdir().unwrap();
    let deep = folder.path().join("deep/er");
    fs::create_dir_all(&deep).unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    // The CRC-32 of this text is the well-known check value. Two equal checksums must not cancel
    // out.
    for file in [folder.path().join("one"), deep.join("other")] {
        fs::write(file, "123456789").unwrap();
    }
    fs::write(folder.path().join("empty file"), "").unwrap();
    let big: Vec<u8> = (0..300_001_u32).map(|byte| (byte % 251) as u8).collect();
    fs::write(deep.join("big"), &big).unwrap();
    symlink("one", folder.path().join("link")).unwrap();
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    symlink("..", folder.path().join("deep/loop")).unwrap();

    let digest = format!("{:016x}", 2 * 0xcbf4_3926 + u64::from(crc32fast::hash(&big)));
    for options in WITH_AND_WITHOUT_BACKPRESSURE {
        for in_flight in ["1", "64"] {
            let mut command = CRAWL.command();
            command.arg(folder.path()).args(["--in-flight", in_flight]);
            let printed = run(&mut command, options);
            assert_eq!((printed.status, &*printed.err), (0, ""), "{options:?}");
            assert_eq!(summary(&printed.out, "files"), "4");
            assert_eq!(summary(&printed.out, "failed"), "0");
            assert_eq!(summary(&printed.out, "bytes"), "300019");
            assert_eq!(summary(&printed.out, "digest"), digest);
        }
    }
}

#[test]
fn path_may_be_file_or_link() {
    let folder = folder_of(1);
    symlink("0", folder.path().join("link")).unwrap();
    for path in ["0", "link"] {
        let printed = CRAWL.run(&[folder.path().join(path)]);
        assert_eq!((printed.status, &*printed.err), (0, ""));
        assert_eq!(summary(&printed.out, "files"), "1");
    }
}

#[test]
fn walk_stops_at_first_file_without_permit() {
    let folder = folder_of(300);
    for (in_flight, peak) in [("1", "2 files"), ("7", "8 files"), ("299", "300 files")] {
        let printed = run(CRAWL.command().arg(folder.path()), &["--in-flight", in_flight]);
        assert_eq!(printed.status, 0, "{}", printed.err);
        assert_eq!(summary(&printed.out, "files"), "300");
        assert_eq!(summary(&printed.out, "peak backlog"), peak);
    }
}

/// All files are listed in one batch, so all are found before the first is hashed.
#[test]
fn backlog_contains_all_files_without_backpressure() {
    let folder = folder_of(300);
    let arguments = ["--in-flight", "7", "--no-backpressure"];
    let printed = run(CRAWL.command().arg(folder.path()), &arguments);
    assert_eq!(printed.status, 0, "{}", printed.err);
    assert_eq!(summary(&printed.out, "files"), "300");
    assert_eq!(summary(&printed.out, "peak backlog"), "300 files");
}

#[test]
fn sample_is_the_same_in_each_run() {
    let temporary = tempdir().unwrap();
    let [with, without] = WITH_AND_WITHOUT_BACKPRESSURE.map(|options| {
        let mut command = CRAWL.command();
        command.env("TMPDIR", temporary.path()).args(["--files", "1501", "--in-flight", "9"]);
        let printed = run(&mut command, options);
        assert_eq!((printed.status, &*printed.err), (0, ""));
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
        printed
    });
    assert_eq!(summary(&with.out, "files"), "1501");
    assert_eq!(summary(&with.out, "peak backlog"), "10 files");
    for name in ["files", "bytes", "digest"] {
        assert_eq!(summary(&with.out, name), summary(&without.out, name));
    }
    // Memory use is read from `/proc`, which only Linux has.
    if cfg!(target_os = "linux") {
        assert!(summary(&with.out, "peak memory").contains(" KiB, "), "{}", with.out);
    }
}

#[test]
fn unreadable_files_are_named_and_other_files_are_hashed() {
    let folder = folder_of(20);
    let unreadable = ["3", "directory"].map(|name| folder.path().join(name));
    fs::create_dir(&unreadable[1]).unwrap();
    for path in &unreadable {
        fs::set_permissions(path, Permissions::from_mode(0o000)).unwrap();
    }
    for options in WITH_AND_WITHOUT_BACKPRESSURE {
        let mut command = CRAWL.unprivileged_command();
        let printed = run(command.arg(folder.path()), options);
        assert_eq!(printed.status, 1, "{}", printed.out);
        for path in &unreadable {
            let line = printed.err.lines().find(|line| line.contains(&*path.to_string_lossy()));
            assert!(line.is_some_and(|line| line.contains("Permission denied")), "{}", printed.err);
        }
        assert_eq!(summary(&printed.out, "files"), "19");
        assert_eq!(summary(&printed.out, "failed"), "2");
    }
}

#[test]
fn missing_path_is_named() {
    let printed = CRAWL.run(&["missing"]);
    assert_eq!((printed.status, &*printed.out), (1, ""));
    assert!(printed.err.starts_with("crawl: missing: No such file"), "{}", printed.err);
}

#[test]
fn ctrl_c_interrupts_and_removes_sample() {
    let temporary = tempdir().unwrap();
    let mut command = CRAWL.command();
    command.args(["--files", "1000000"]).env("TMPDIR", temporary.path());
    let mut running = Running::start(&mut command);
    running.line("creating a sample of 1000000 files");
    running.press_ctrl_c();

    let printed = running.end();
    assert_eq!((printed.status, &*printed.err), (1, "crawl: interrupted\n"));
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn invalid_arguments_exit_with_usage_error() {
    CRAWL.assert_rejects(&[
        &["--files", "0"],
        &["--files", "10000001"],
        &["--files", "9", "."],
        &["--in-flight", "0"],
        &["--in-flight", "65536"],
        &["--in-flight", "many"],
        &[".", "."],
    ]);
}
