# @summary A bundle of weights.
type Indextts2::Bundle = Struct[{repository => Pattern[/\A[\w.-]+\/[\w.-]+\z/], revision => Indextts2::Commit, Optional[files_sha256] => Indextts2::Sha256, Optional[models] => Hash[Indextts2::Place, Indextts2::Model]}]
