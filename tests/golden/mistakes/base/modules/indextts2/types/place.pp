# @summary A path below the folder of a bundle.
type Indextts2::Place = Pattern[/\A[A-Za-z0-9_][A-Za-z0-9_.+-]*(\/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*\z/]
