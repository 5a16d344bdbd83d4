# @summary A pin.
type Whisper::Release = Struct[{commit => Whisper::Commit, install => Enum['lock', 'project', 'requirements'], Optional[lock_sha256] => Whisper::Sha256, python => Pattern[/\A3\.\d+\z/], Optional[weights] => String[1], Optional[flags] => Array[Whisper::Flag]}]
