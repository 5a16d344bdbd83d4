"""Ships the record to Elasticsearch or OpenSearch by their bulk protocol, each document once by its id.

rsyslog follows files and the journal, and keeps what waits in its queue; it hands over one transaction
after the other (module omprog), and hands over again what was not confirmed. Its own omelasticsearch does
not do: up to the 8.2504 of Debian 13, an answer of 429 or 503 is the end of the documents of that request
(checkResult in plugins/omelasticsearch/omelasticsearch.c).
"""
