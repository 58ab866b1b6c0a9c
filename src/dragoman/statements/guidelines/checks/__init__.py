"""The checks that rules name: pure functions of one reading and one rule that yield hits."""
