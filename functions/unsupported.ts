/**
 * Functions of PostgreSQL whose types the product does not have, and those that its pgcrypto lacks: a call of one is refused as what it is (0A000), and not as a name
 * nobody knows.
 */
export const unsupportedFunctions: ReadonlySet<string> = new Set(
  `array_to_tsvector cursor_to_xml cursor_to_xmlschema database_to_xml database_to_xml_and_xmlschema database_to_xmlschema get_current_ts_config host hostmask inet_client_addr
inet_merge inet_same_family json_to_tsvector jsonb_to_tsvector macaddr8_set7bit masklen netmask numnode pg_current_snapshot pg_current_wal_flush_lsn pg_current_wal_insert_lsn
pg_current_wal_lsn pg_snapshot_xip pg_snapshot_xmax pg_snapshot_xmin pg_visible_in_snapshot pgp_armor_headers pgp_key_id pgp_pub_decrypt pgp_pub_decrypt_bytea pgp_pub_encrypt pgp_pub_encrypt_bytea
pgp_sym_decrypt pgp_sym_decrypt_bytea pgp_sym_encrypt pgp_sym_encrypt_bytea phraseto_tsquery plainto_tsquery query_to_xml query_to_xml_and_xmlschema
query_to_xmlschema querytree schema_to_xml schema_to_xml_and_xmlschema schema_to_xmlschema set_masklen setweight table_to_xml table_to_xml_and_xmlschema table_to_xmlschema
to_tsquery to_tsvector ts_debug ts_delete ts_filter ts_headline ts_lexize ts_parse ts_rank ts_rank_cd ts_rewrite ts_stat ts_token_type tsquery_phrase tsvector_to_array
txid_current_snapshot txid_snapshot_xip txid_snapshot_xmax txid_snapshot_xmin txid_visible_in_snapshot websearch_to_tsquery xml_is_well_formed xml_is_well_formed_content
xml_is_well_formed_document xmlagg xmlcomment xmlvalidate xpath xpath_exists`.split(/\s+/),
);
