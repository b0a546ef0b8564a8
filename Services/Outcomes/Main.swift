internal import ServiceKit

@main
enum Outcomes {
    static func main() async {
        await ServiceMain.run("outcomes", build: build)
    }
}
