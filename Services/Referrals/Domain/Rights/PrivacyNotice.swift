/// The notice of privacy practices of a Part 2 programme, in plain words (42 CFR 2.22, 45 CFR 164.520). An agency has its
/// own lawyer read it before it hands it out.
public enum PrivacyNotice {
    /// Its paragraphs, in their order.
    public static let paragraphs: [String] = [
        """
        Federal law protects the confidentiality of your records here. That you receive support from us at all is \
        protected: we tell nobody outside that you do, unless you have consented in writing, or the law lets us.
        """,
        """
        Without your consent we may tell others only in a few cases: medical personnel in a medical emergency; \
        those who work for us and have promised the same secrecy; research and audits under strict rules; a \
        report of suspected child abuse or neglect; a crime here, or against our staff, or a threat of one; and \
        where a court orders it after a hearing that the law prescribes. A subpoena alone is not enough.
        """,
        """
        Your records, and what anybody could testify about them, cannot be used against you in a civil, criminal, \
        administrative or legislative proceeding unless you consent in writing to that, by itself, or a court \
        orders it.
        """,
        """
        If you consent once to uses for treatment, payment and health care operations, those who then receive \
        your records may pass them on as health privacy law allows, but not for a proceeding against you.
        """,
        """
        You may take a consent back at any time, and from then on nothing more is told under it. A consent to a \
        court or another part of the justice system can say until when it stands.
        """,
        """
        You may read your record and have a copy of it; ask that it be amended; ask that something be not used or \
        told; have a list of what was told to others in the last three years, and of those to whom an exchange \
        passed it on; and have this notice on paper.
        """,
        """
        If you believe that your privacy was violated you may complain to us and to the Secretary of Health and \
        Human Services. Nobody may treat you worse for it.
        """,
        """
        We must keep your records confidential, give you this notice, tell you of a breach, and follow what it \
        says. We may change it, and then give you the new one.
        """,
    ]
}
