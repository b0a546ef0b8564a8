internal import ServiceKit

@main
enum Referrals {
    static func main() async {}
}
