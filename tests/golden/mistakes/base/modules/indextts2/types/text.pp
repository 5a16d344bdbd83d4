# @summary A text for a unit file.
type Indextts2::Text = Pattern[/\A[^\x00-\x08\x0b-\x1f\x7f]*\z/]
