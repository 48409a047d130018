#!/usr/bin/env bash
# Review every stack file that has changed since BASE (a revision), into review.md.
# Exit status: that of the worst review. 1 and 3 are worse than 2, and 2 than 0.
set -uo pipefail

# What came into BASE since is not this change's doing.
base=$(git merge-base "${1:?write the revision to compare with, such as origin/main}" HEAD) || exit 3
files=$(git diff --name-only --diff-filter=d "$base" HEAD -- 'Pulumi.*.yaml') || exit 3
worst=0
: > review.md
for file in $files; do
    python -m infra.review "$base:$file" "$file" >> review.md
    status=$?
    echo >> review.md
    case $status in
        0) ;;
        2) [ "$worst" -eq 0 ] && worst=2 ;;
        *) worst=$status ;;
    esac
done
[ -s review.md ] || echo "No stack file changes." > review.md
cat review.md
exit "$worst"
