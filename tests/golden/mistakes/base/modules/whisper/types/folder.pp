# @summary An absolute path.
type Whisper::Folder = Pattern[/\A(\/[\w-][\w.-]*)+\z/]
