//! A backfill: over again, by two at once, killed and resumed. The history is the same, byte by byte of its export.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::sandbox::Sandbox;

/// How often a backfill is killed.
const KILLS: u32 = 100;

/// Writes artifacts as a CI leaves them: copies, archives of them, things that are no reports, damage.
fn artifacts(sandbox: &Sandbox) {
    let demo = sandbox.work().join("samples/demo");
    let report = fs::read_to_string(demo.join("zoo/broken/junit.xml")).expect("a sample");
    for number in 0..60 {
        // Another run each: its time, which the id begins with, and its content differ.
        let run = report.replace("2026-11-22T", &format!("2026-{:02}-{:02}T", number / 28 + 1, number % 28 + 1));
        assert_ne!(run, report);
        sandbox.write(&format!("artifacts/run-{number}/junit.xml"), &run);
        if number % 7 == 0 {
            sandbox.write(&format!("artifacts/run-{number}/copy/renamed.txt"), &run);
        }
        if number % 11 == 0 {
            sandbox.write(&format!("artifacts/run-{number}/cut/junit.xml"), &run[..run.len() / 3]);
        }
    }
    let log = fs::read(demo.join("zoo/killed/terminal.log")).expect("a sample");
    sandbox.write("artifacts/console.log", log);
    sandbox.write("artifacts/noise.bin", [0, 1, 2, 3]);
}

const BACKFILL: &str = "ingest -r artifacts --sut backfill --tz UTC --group-by none --quiet";

fn start(sandbox: &Sandbox, history: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_insight"))
        .args(BACKFILL.split_whitespace())
        .args(["--history", history])
        .env_clear()
        .env("HOME", sandbox.work())
        .current_dir(sandbox.work())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("insight starts")
}

fn export(sandbox: &Sandbox, history: &str) -> String {
    let said = sandbox.run(&format!("history export --history {history}"));
    assert_eq!(said.code, Some(0), "{said}");
    let check = sandbox.run(&format!("history check --history {history}"));
    assert_eq!(check.code, Some(0), "{check}");
    said.stdout
}

#[test]
fn a_backfill_killed_a_hundred_times_comes_to_the_same_history() {
    let sandbox = Sandbox::new();
    artifacts(&sandbox);
    let before = Instant::now();
    let whole = sandbox.run(&format!("{BACKFILL} --history whole"));
    let time = before.elapsed();
    assert!(whole.code == Some(0) || whole.code == Some(3), "{whole}");
    let expected = export(&sandbox, "whole");
    assert!(expected.lines().count() > 60);

    let again = sandbox.run(&format!("{BACKFILL} --history whole"));
    assert_eq!(again.code, whole.code, "{again}");
    assert!(export(&sandbox, "whole") == expected, "the same command twice");

    let mut pair = [start(&sandbox, "pair"), start(&sandbox, "pair")];
    for process in &mut pair {
        let status = process.wait().expect("an end");
        assert_eq!(status.code(), whole.code);
    }
    assert!(export(&sandbox, "pair") == expected, "two processes at once");

    for kill in 0..KILLS {
        // Spread over the whole run, in an order that no period fits. What was killed is resumed by the next, and now and then all begins anew.
        let mut process = start(&sandbox, "killed");
        thread::sleep(time.mul_f64(f64::from(kill * 37 % KILLS) / f64::from(KILLS)).min(Duration::from_secs(5)));
        process.kill().expect("a kill");
        process.wait().expect("an end");
        if kill % 20 == 19 {
            let resumed = sandbox.run(&format!("{BACKFILL} --history killed"));
            assert_eq!(resumed.code, whole.code, "{resumed}");
            assert!(export(&sandbox, "killed") == expected, "killed {} times and resumed", kill + 1);
            fs::remove_dir_all(sandbox.work().join("killed")).expect("a fresh start");
        }
    }
}
