# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary The pin of a release
type Speech_recognition::Release = Struct[{commit => Speech_recognition::Commit, install => Enum['lock', 'project', 'requirements'], Optional[lock_sha256] => Speech_recognition::Sha256, python => Pattern[/\A3\.\d+\z/], Optional[weights] => String[1], Optional[flags] => Array[Speech_recognition::Flag], Optional[vram_mib] => Integer[1], Optional[least_vram_mib] => Integer[1], Optional[compute_capability] => Pattern[/\A\d+\.\d+\z/]}]
