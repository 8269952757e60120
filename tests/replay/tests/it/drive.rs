//! `aura-replay drive`: its messages about a driver that is wrong.

use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_aura-replay");

/// The output and the messages of a driver that is a shell script. Its exit status must be 1.
fn drive(options: &[&str], script: &str) -> (String, String) {
    let output = Command::new(PROGRAM)
        .arg("drive")
        .args(options)
        .args(["sh", "-c", script])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

/// A script that answers every command in the same way.
fn always(answer: &str) -> String {
    format!(
        r#"while read -r line; do id=${{line##*'"id":"'}}; echo '{{"id":"'"${{id%%'"'*}}"'",{answer}}}'; done"#
    )
}

#[test]
fn names_the_status_of_a_driver_that_ends() {
    let (_, messages) = drive(&[], "read -r line; exit 3");
    assert!(
        messages.contains("the driver ended (exit status: 3) before it answered"),
        "{messages}"
    );
}

#[test]
fn names_an_answer_that_is_not_json() {
    let (_, messages) = drive(&[], "read -r line; echo ready; read -r line");
    assert!(messages.contains("the answer is not JSON"), "{messages}");
    assert!(messages.contains(": ready"), "{messages}");
}

#[test]
fn names_a_line_after_the_last_answer() {
    let script = format!("{}; echo rubbish", always(r#""ok_empty":true"#));
    let (_, messages) = drive(&["--only", "current/show/name_ERIC"], &script);
    assert!(messages.contains("wrote more than its answers: \"rubbish\""), "{messages}");
}

#[test]
fn notices_a_driver_that_does_not_fork() {
    for pid in ["", r#","pid":'$$'"#] {
        let answer = format!(r#""ok":"{{}}"{pid}"#);
        let (output, _) = drive(&["--only", "forked child"], &always(&answer));
        assert!(output.contains("`pid` is not that of a forked child"), "{output}");
    }
}

#[test]
fn names_an_answer_without_an_outcome() {
    let (output, _) = drive(&["--only", "current/show/name_ERIC"], &always(r#""okay":"{}""#));
    assert!(
        output.contains("the answer has none of ok, ok_empty, ok_rows, error, outcomes"),
        "{output}"
    );
}

#[test]
fn prints_the_expected_outcome_beside_the_answer() {
    let (output, _) = drive(&["--only", "current/show/name_ERIC"], &always(r#""ok_empty":true"#));
    assert!(output.contains(r#"failed: current/show/name_ERIC: expected {"ok":"{"#), "{output}");
    assert!(output.contains(r#""ok_empty":true"#), "{output}");
    assert!(output.ends_with("drive: 0 passed, 1 failed, 0 skipped\n"), "{output}");
}

/// A script that keeps 5 MB more at each command whose number matches `rounds`, as in `1|2`.
fn grows_in(rounds: &str) -> String {
    let kept = "eval \"kept$n=$(head -c 5000000 /dev/zero | tr '\\0' x)\"";
    let grow = format!("n=$((n + 1)); case $n in {rounds}) {kept};; esac;");
    let answer = always(r#""outcomes":{"ok":10000}"#);
    answer.replacen("do ", &format!("do {grow} "), 1)
}

#[test]
fn names_the_growth_of_a_driver_that_grows_in_each_round() {
    let (output, _) = drive(&["--only", "10000 calls"], &grows_in("*"));
    assert!(output.contains(" kB or more in each of 5 rounds"), "{output}");
    assert!(output.ends_with("drive: 0 passed, 1 failed, 0 skipped\n"), "{output}");
}

#[test]
fn accepts_a_driver_that_grows_in_some_rounds() {
    // It fails for the errors, which the script does not answer.
    let (output, _) = drive(&["--only", "growth over"], &grows_in("1|2|3"));
    assert!(!output.contains("growth over 10000 calls"), "{output}");
    assert!(output.ends_with("drive: 1 passed, 1 failed, 0 skipped\n"), "{output}");
}

#[test]
fn runs_only_the_scenarios_with_a_text_in_their_names() {
    let (output, _) = drive(&["--only", "calls at once"], &always(r#""outcomes":{"ok":200}"#));
    assert!(output.contains("failed: 1000 calls at once: expected {\"ok\":1000}"), "{output}");
    assert!(output.ends_with("drive: 1 passed, 2 failed, 0 skipped\n"), "{output}");
}

#[test]
fn refuses_a_text_that_no_name_contains() {
    let (_, messages) = drive(&["--only", "no such case"], "cat");
    assert!(messages.contains("no case and no scenario contains \"no such case\""), "{messages}");
}
