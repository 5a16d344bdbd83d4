# @summary The client that signs what is asked of buckets of S3
#
# A service whose weights come from one requires it. On Enterprise Linux 9 it is in EPEL, where aria2 is, too.
class weights::s3 {
  package { 'python3-botocore':
    ensure => installed,
  }
}
