"""What each rule must do, by family: `SUITES` of each module here."""
