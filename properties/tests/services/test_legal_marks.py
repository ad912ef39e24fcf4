"""The legal marks of entry costs, from the table of rules."""

from properties.services.legal_marks import (
    CostLine,
    deposit_cap,
    entry_total,
    mark_lines,
    rule_table,
)

# The example of an agency's advertisement: rent 35 000, 295 000 at entry.
ADVERTISED = [
    CostLine("deposit", 105_000),
    CostLine("prepaid_rent", 105_000),
    CostLine("utility_deposit", 50_000),
    CostLine("commission", 35_000),
]


def marks(rent, lines):
    return {item.line.kind: item.mark for item in mark_lines(rent=rent, lines=lines)}


def test_the_advertised_example_is_marked_and_totals_295_000():
    assert marks(35_000, ADVERTISED) == {
        "deposit": "legal",
        "prepaid_rent": "negotiable",
        "utility_deposit": "negotiable",
        "commission": "above_cap",
    }
    assert entry_total(rent=35_000, lines=ADVERTISED) == 295_000


def test_the_legal_shape_is_157_500():
    lines = [CostLine("deposit", 105_000), CostLine("commission", 17_500)]
    assert set(marks(35_000, lines).values()) == {"legal"}
    assert entry_total(rent=35_000, lines=lines) == 157_500


def test_a_deposit_is_capped_at_three_months():
    assert deposit_cap(35_000) == 105_000
    assert marks(35_000, [CostLine("deposit", 105_001)]) == {"deposit": "above_cap"}


def test_each_line_keeps_the_rule_and_its_version():
    (item,) = mark_lines(rent=1000, lines=[CostLine("deposit", 1)])
    assert (item.rule_id, item.rules_version) == (
        "BJ-DEP-MAX",
        rule_table()["version"],
    )


def test_each_rule_says_where_it_comes_from():
    for rule in rule_table()["rules"]:
        assert rule["source"]
        assert rule["confidence"]
        assert rule["valid_from"]
