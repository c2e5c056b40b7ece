//! `make smoke`: it passes on a stack that works, and names the function that does not.

use crate::harness::{World, operator_command};

#[tokio::test]
async fn the_check_passes_and_deletes_its_app() {
    let world = World::side_by_side().await;
    for vendor in ["fcm", "huawei"] {
        let said = operator_command(&world, "smoke", &["--vendor", vendor]).await;
        assert!(said.success, "{}", said.text);
        assert_eq!(said.text.matches("] ok ").count(), 11, "{}", said.text);
        assert!(
            said.text.contains(&format!("{vendor} was reached, and refuses the made-up credential")),
            "{}",
            said.text
        );
        assert!(!said.text.contains(&world.stack.description.operator_key));
    }
}

#[tokio::test]
async fn the_check_names_a_function_that_takes_no_records() {
    let world = World::alone().await;
    // A busy machine takes its time for the decision before the push.
    for (function, patience, line, name) in
        [("CheckPresence", "3", "FAIL  decision", "check-presence"), ("PushFcm", "20", "FAIL  push", "push-fcm")]
    {
        let check = async || operator_command(&world, "smoke", &["--patience", patience]).await;
        let said = world.while_paused(function, check).await;
        assert!(!said.success);
        let failed: Vec<&str> = said.text.lines().filter(|line| line.contains("FAIL")).collect();
        assert!(matches!(failed[..], [one] if one.contains(line) && one.contains(name)), "{}", said.text);
        assert!(said.text.contains("ok    deletion"), "{}", said.text);
    }
}
