internal import ReferralsSettings
internal import ServiceKit

@main
enum Referrals {
    static func main() async {
        await ServiceMain.run("referrals", settings: ReferralsSettings.all, build: build)
    }
}
