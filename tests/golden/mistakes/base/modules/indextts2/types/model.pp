# @summary A model of another repository.
type Indextts2::Model = Struct[{repository => Pattern[/\A[\w.-]+\/[\w.-]+\z/], revision => Indextts2::Commit, Optional[path] => Indextts2::Place, Optional[files] => Array[Indextts2::Place, 1]}]
