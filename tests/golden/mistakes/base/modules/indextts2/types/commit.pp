# @summary A full commit.
type Indextts2::Commit = Pattern[/\A[0-9a-f]{40}\z/]
