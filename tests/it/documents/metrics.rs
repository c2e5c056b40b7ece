//! Checks the metrics in `docs/architecture.md`.

use shared::lambda::metric::Metric;

use super::{assert_block, table};

#[test]
fn the_architecture_lists_every_metric_with_its_dimensions() {
    let rows = Metric::ALL.map(|metric| {
        let dimensions: Vec<String> = metric.dimensions().iter().map(|name| format!("`{name}`")).collect();
        [format!("`{}`", metric.name()), dimensions.join(", "), metric.counts().to_owned()]
    });
    assert_block(
        "docs/architecture.md",
        "metrics",
        &format!("\n{}\n", table(["metric", "dimensions", "counts"], rows)),
    );
}
