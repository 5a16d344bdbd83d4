# @summary A pin.
type Indextts2::Release = Struct[{commit => Indextts2::Commit, install => Enum['lock', 'project', 'requirements'], Optional[lock_sha256] => Indextts2::Sha256, python => Pattern[/\A3\.\d+\z/], Optional[weights] => String[1], Optional[flags] => Array[Indextts2::Flag]}]
