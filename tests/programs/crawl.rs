//! The example `crawl`, on real trees.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
};

use tempfile::{TempDir, tempdir};

use crate::programs::{Program, Running, run, summary};

static CRAWL: Program = Program::example("crawl");

const BOTH_WAYS: [&[&str]; 2] = [&[], &["--no-backpressure"]];

fn folder_of(files: usize) -> TempDir {
    let folder = tempdir().unwrap();
    for file in 0..files {
        fs::write(folder.path().join(file.to_string()), file.to_string()).unwrap();
    }
    folder
}

#[test]
fn each_file_is_hashed_once_and_no_link_is_followed() {
    let folder = tempdir().unwrap();
    let deep = folder.path().join("deep/er");
    fs::create_dir_all(&deep).unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    // The checksum of this is known as the check value of CRC-32; two of them must not cancel out.
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
    for way in BOTH_WAYS {
        for in_flight in ["1", "64"] {
            let mut command = CRAWL.command();
            command.arg(folder.path()).args(["--in-flight", in_flight]);
            let printed = run(&mut command, way);
            assert_eq!((printed.status, &*printed.err), (0, ""), "{way:?}");
            assert_eq!(summary(&printed.out, "files"), "4");
            assert_eq!(summary(&printed.out, "failed"), "0");
            assert_eq!(summary(&printed.out, "bytes"), "300019");
            assert_eq!(summary(&printed.out, "digest"), digest);
        }
    }
}

#[test]
fn a_path_is_a_file_or_a_link_too() {
    let folder = folder_of(1);
    symlink("0", folder.path().join("link")).unwrap();
    for path in ["0", "link"] {
        let printed = CRAWL.run(&[folder.path().join(path)]);
        assert_eq!((printed.status, &*printed.err), (0, ""));
        assert_eq!(summary(&printed.out, "files"), "1");
    }
}

#[test]
fn the_walk_stops_at_the_first_file_without_a_permit() {
    let folder = folder_of(300);
    for (in_flight, peak) in [("1", "2 files"), ("7", "8 files"), ("299", "300 files")] {
        let printed = run(CRAWL.command().arg(folder.path()), &["--in-flight", in_flight]);
        assert_eq!(printed.status, 0, "{}", printed.err);
        assert_eq!(summary(&printed.out, "files"), "300");
        assert_eq!(summary(&printed.out, "peak backlog"), peak);
    }
}

/// All of these are listed at once, so all are found before one is hashed.
#[test]
fn without_backpressure_the_backlog_is_all_there_is() {
    let folder = folder_of(300);
    let arguments = ["--in-flight", "7", "--no-backpressure"];
    let printed = run(CRAWL.command().arg(folder.path()), &arguments);
    assert_eq!(printed.status, 0, "{}", printed.err);
    assert_eq!(summary(&printed.out, "files"), "300");
    assert_eq!(summary(&printed.out, "peak backlog"), "300 files");
}

#[test]
fn without_a_path_it_crawls_a_sample_that_is_the_same_each_time() {
    let temporary = tempdir().unwrap();
    let [with, without] = BOTH_WAYS.map(|way| {
        let mut command = CRAWL.command();
        command.env("TMPDIR", temporary.path()).args(["--files", "1501", "--in-flight", "9"]);
        let printed = run(&mut command, way);
        assert_eq!((printed.status, &*printed.err), (0, ""));
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
        printed
    });
    assert_eq!(summary(&with.out, "files"), "1501");
    assert_eq!(summary(&with.out, "peak backlog"), "10 files");
    for name in ["files", "bytes", "digest"] {
        assert_eq!(summary(&with.out, name), summary(&without.out, name));
    }
    assert!(summary(&with.out, "peak memory").contains(" KiB, "), "{}", with.out);
}

#[test]
fn what_it_cannot_read_is_named_and_the_rest_is_hashed() {
    let folder = folder_of(20);
    fs::create_dir(folder.path().join("shut")).unwrap();
    for shut in ["3", "shut"] {
        fs::set_permissions(folder.path().join(shut), Permissions::from_mode(0o000)).unwrap();
    }
    for way in BOTH_WAYS {
        let mut command = CRAWL.command_as_mere_user();
        let printed = run(command.arg(folder.path()), way);
        assert_eq!(printed.status, 1, "{}", printed.out);
        for shut in ["3", "shut"] {
            let path = folder.path().join(shut);
            let line = printed.err.lines().find(|line| line.contains(&*path.to_string_lossy()));
            assert!(line.is_some_and(|line| line.contains("Permission denied")), "{}", printed.err);
        }
        assert_eq!(summary(&printed.out, "files"), "19");
        assert_eq!(summary(&printed.out, "failed"), "2");
    }
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let printed = CRAWL.run(&["not-there"]);
    assert_eq!((printed.status, &*printed.out), (1, ""));
    assert!(printed.err.starts_with("crawl: not-there: No such file"), "{}", printed.err);
}

#[test]
fn ctrl_c_ends_it_and_leaves_no_sample() {
    let temporary = tempdir().unwrap();
    let mut command = CRAWL.command();
    command.args(["--files", "1000000"]).env("TMPDIR", temporary.path());
    let mut running = Running::start(&mut command);
    running.line("makes a sample of 1000000 files");
    running.press_ctrl_c();

    let printed = running.end();
    assert_eq!((printed.status, &*printed.err), (1, "crawl: interrupted\n"));
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn wrong_usage_has_a_status_of_its_own() {
    CRAWL.assert_refuses(&[
        &["--files", "0"],
        &["--files", "10000001"],
        &["--files", "9", "."],
        &["--in-flight", "0"],
        &["--in-flight", "65536"],
        &["--in-flight", "many"],
        &[".", "."],
    ]);
}
