# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary The pin of a release
type Indextts2::Release = Struct[{commit => Indextts2::Commit, install => Enum['lock', 'project', 'requirements'], Optional[lock_sha256] => Indextts2::Sha256, python => Pattern[/\A3\.\d+\z/], Optional[weights] => String[1], Optional[flags] => Array[Indextts2::Flag], Optional[vram_mib] => Integer[1], Optional[least_vram_mib] => Integer[1], Optional[compute_capability] => Pattern[/\A\d+\.\d+\z/]}]
