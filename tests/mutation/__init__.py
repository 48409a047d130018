"""Whether the tests notice when the judge or the guard is changed in one place."""
