# @summary The name of an environment variable.
type Indextts2::Variable = Pattern[/\A[A-Za-z_][A-Za-z0-9_]*\z/]
