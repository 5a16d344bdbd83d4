# @summary An absolute path.
type Indextts2::Folder = Pattern[/\A(\/[\w-][\w.-]*)+\z/]
