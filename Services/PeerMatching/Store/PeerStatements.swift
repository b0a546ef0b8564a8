internal import Postgres

/// Statements about peers and what hangs on them.
enum PeerStatements {
    static let find = Statement(
        "peer.find",
        """
        select
            peer_id, display_name, status, gender, supports_medication_on, recovery_since_on, out_of_justice_since_on,
            caseload_cap, caseload, weighted_load, paused_until, version, languages, areas, scene_opt_outs,
            disclosures, credentials
        from matching.whole_peer
        where agency_id = $1 and peer_id = $2
        """
    )

    static let list = Statement(
        "peer.list",
        """
        select
            peer_id, display_name, status, gender, supports_medication_on, recovery_since_on, out_of_justice_since_on,
            caseload_cap, caseload, weighted_load, paused_until, version, languages, areas, scene_opt_outs,
            disclosures, credentials
        from matching.whole_peer
        where agency_id = $1 and peer_id > $2
        order by peer_id
        limit $3
        """
    )

    static let lock = Statement(
        "peer.lock",
        """
        select version
        from matching.peer
        where agency_id = $1 and peer_id = $2
        for update
        """
    )

    static let insert = Statement(
        "peer.insert",
        """
        insert into matching.peer (
            agency_id, peer_id, display_name, status, gender, supports_medication_on, recovery_since_on,
            out_of_justice_since_on, caseload_cap, paused_until, version, created_at, updated_at
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $11)
        """
    )

    static let update = Statement(
        "peer.update",
        """
        update matching.peer
        set
            display_name = $3,
            status = $4,
            gender = $5,
            supports_medication_on = $6,
            recovery_since_on = $7,
            out_of_justice_since_on = $8,
            caseload_cap = $9,
            paused_until = $10,
            updated_at = $11,
            version = version + 1
        where agency_id = $1 and peer_id = $2
        """
    )

    static let insertLanguages = Statement(
        "peer.insert_languages",
        """
        insert into matching.peer_language (agency_id, peer_id, position, language)
        select $1, $2, position - 1, language
        from unnest($3::text[]) with ordinality as given (language, position)
        """
    )

    static let deleteLanguages = Statement(
        "peer.delete_languages",
        """
        delete from matching.peer_language
        where agency_id = $1 and peer_id = $2
        """
    )

    static let insertAreas = Statement(
        "peer.insert_areas",
        """
        insert into matching.peer_area (agency_id, peer_id, position, area)
        select $1, $2, position - 1, area
        from unnest($3::text[]) with ordinality as given (area, position)
        """
    )

    static let deleteAreas = Statement(
        "peer.delete_areas",
        """
        delete from matching.peer_area
        where agency_id = $1 and peer_id = $2
        """
    )

    static let insertSceneOptOuts = Statement(
        "peer.insert_scene_opt_outs",
        """
        insert into matching.peer_scene_opt_out (agency_id, peer_id, scene)
        select $1, $2, scene
        from unnest($3::text[]) as given (scene)
        """
    )

    static let deleteSceneOptOuts = Statement(
        "peer.delete_scene_opt_outs",
        """
        delete from matching.peer_scene_opt_out
        where agency_id = $1 and peer_id = $2
        """
    )

    static let insertDisclosures = Statement(
        "peer.insert_disclosures",
        """
        insert into matching.peer_attribute (agency_id, peer_id, kind, value, source, consented_on, may_be_named)
        select $1, $2, kind, value, source, consented_on, may_be_named
        from unnest($3::text[], $4::text[], $5::text[], $6::date[], $7::boolean[])
            as given (kind, value, source, consented_on, may_be_named)
        """
    )

    static let deleteDisclosures = Statement(
        "peer.delete_disclosures",
        """
        delete from matching.peer_attribute
        where agency_id = $1 and peer_id = $2
        """
    )

    static let insertCredentials = Statement(
        "peer.insert_credentials",
        """
        insert into matching.peer_credential (
            agency_id, peer_id, kind, issuer, number, issued_on, expires_on, verified_by
        )
        select $1, $2, kind, issuer, number, issued_on, expires_on, verified_by
        from unnest($3::text[], $4::text[], $5::text[], $6::date[], $7::date[], $8::text[])
            as given (kind, issuer, number, issued_on, expires_on, verified_by)
        """
    )

    static let deleteCredentials = Statement(
        "peer.delete_credentials",
        """
        delete from matching.peer_credential
        where agency_id = $1 and peer_id = $2
        """
    )
}
