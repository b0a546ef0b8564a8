internal import ServiceKit

@main
enum Scheduling {
    static func main() async {
        await ServiceMain.run("scheduling", build: build)
    }
}
