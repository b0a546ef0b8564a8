import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Logging
import Models
import ServiceKit
import TestKit
import Testing

@testable import Referrals

@Suite(
    "A hospital's own client libraries",
    .enabled(if: PythonEnvironment.clients != nil, "no Python with fhirpy 2.3.0 and fhirclient 4.4.0 (python3, pip)")
)
struct HospitalClientTests {
    @Test("fhirpy and fhirclient refer, find, subscribe and take back", arguments: ["fhirpy", "fhirclient"])
    func journey(_ library: String) async throws {
        let clients = try #require(PythonEnvironment.clients)
        let script = library == "fhirpy" ? Self.fhirpy : Self.fhirclient
        try await PartnerServer.with(over: .live) { server in
            let hospital = try await server.hospital()
            let port = try #require(server.client.port)
            let token = "\(hospital.partnerID)|\(hospital.clientID)|\(hospital.scopes)"
            let (status, output) = await clients.runAside(script, ["http://localhost:\(port)/fhir", token])
            #expect(status == 0 && output.hasSuffix("done\n"), "\(output)")
            #expect(try await server.told() == ["referral.accepted.v1", "referral.cancelled.v1"])
        }
    }

    @Test(
        "fhirpy and fhirclient create a Patient, a Consent, an order and a Task, each by itself",
        arguments: ["fhirpy", "fhirclient"])
    func oneAfterTheOther(_ library: String) async throws {
        let clients = try #require(PythonEnvironment.clients)
        let script = library == "fhirpy" ? Self.fhirpyByOne : Self.fhirclientByOne
        try await PartnerServer.with(over: .live) { server in
            let hospital = try await server.hospital()
            let port = try #require(server.client.port)
            let token = "\(hospital.partnerID)|\(hospital.clientID)|\(hospital.scopes)"
            let consent = String(decoding: PatientFirst.consent(of: "Patient/{id}").serialized(), as: UTF8.self)
            let order = String(decoding: PatientFirst.order(of: "Patient/{id}").serialized(), as: UTF8.self)
            let (status, output) = await clients.runAside(
                script, ["http://localhost:\(port)/fhir", token, consent, order])
            #expect(status == 0 && output.hasSuffix("done\n"), "\(output)")
            #expect(try await server.told() == ["referral.accepted.v1"])
            #expect(try await server.people() == 1)
            #expect(try await server.consents() == 1)
        }
    }

    private static let fhirpyByOne = """
        import json, sys
        from fhirpy import SyncFHIRClient
        client = SyncFHIRClient(sys.argv[1], authorization="Bearer " + sys.argv[2])
        def read(text): return json.loads(text.replace("{id}", patient.id))
        patient = client.resource("Patient", name=[{"family": "Example", "given": ["Robin"]}], birthDate="1990-04-01",
            identifier=[{"system": "http://hospital.example/mrn", "value": "12345"}])
        patient.save()
        same = client.resource("Patient", name=[{"text": "Robin"}], identifier=patient["identifier"])
        same.save()
        assert same.id == patient.id, same
        consent = client.resource(**{("resource_type" if k == "resourceType" else k): v
            for k, v in read(sys.argv[3]).items()})
        consent.save()
        order = client.resource(**{("resource_type" if k == "resourceType" else k): v
            for k, v in read(sys.argv[4]).items()})
        order.save()
        assert order["subject"]["reference"] == "Patient/" + patient.id, order
        task = client.resource("Task", status="requested", intent="order",
            focus={"reference": "ServiceRequest/" + order.id}, **{"for": patient.to_reference()})
        task.save()
        assert task["status"] == "accepted" and task["for"]["reference"] == "Patient/" + patient.id, task
        assert client.reference("Patient", patient.id).to_resource()["name"][0]["text"] == "Robin"
        assert client.reference("Consent", consent.id).to_resource()["status"] == "active"
        print("done")
        """

    private static let fhirclientByOne = """
        import json, sys
        from fhirclient import client
        from fhirclient.models import patient, consent, servicerequest, task
        smart = client.FHIRClient(settings={"app_id": "hospital", "api_base": sys.argv[1]})
        smart.server.session.headers["Authorization"] = "Bearer " + sys.argv[2]
        person = patient.Patient({"resourceType": "Patient", "birthDate": "1990-04-01",
            "name": [{"family": "Example", "given": ["Robin"]}]})
        person = patient.Patient(person.create(smart.server))
        def read(text): return json.loads(text.replace("{id}", person.id))
        assert patient.Patient.read(person.id, smart.server).name[0].family == "Example"
        paper = consent.Consent(consent.Consent(read(sys.argv[3])).create(smart.server))
        assert consent.Consent.read(paper.id, smart.server).status == "active"
        order = servicerequest.ServiceRequest(
            servicerequest.ServiceRequest(read(sys.argv[4])).create(smart.server))
        assert order.subject.reference == "Patient/" + person.id
        own = task.Task({"resourceType": "Task", "status": "requested", "intent": "order",
            "focus": {"reference": "ServiceRequest/" + order.id}, "for": {"reference": "Patient/" + person.id}})
        own = task.Task(own.create(smart.server))
        assert own.status == "accepted", own.as_json()
        found = task.Task.where({"focus": "ServiceRequest/" + order.id}).perform_resources(smart.server)
        assert own.id in [one.id for one in found], [one.as_json() for one in found]
        assert consent.Consent.read(paper.id, smart.server).patient.reference == "Patient/" + person.id
        print("done")
        """

    private static let fhirpy = """
        import sys
        from fhirpy import SyncFHIRClient
        from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound
        client = SyncFHIRClient(sys.argv[1], authorization="Bearer " + sys.argv[2])
        statement = client.execute("metadata", method="GET")
        assert statement["fhirVersion"] == "4.0.1"
        order = client.resource("ServiceRequest", status="active", intent="order", priority="stat",
            identifier=[{"system": "http://hospital.example/orders", "value": "PY-1"}],
            contained=[{"resourceType": "Patient", "id": "p", "name": [{"family": "Example", "given": ["Robin"]}]},
                {"resourceType": "Encounter", "id": "e", "status": "in-progress",
                 "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"}}],
            encounter={"reference": "#e"},
            code={"coding": [{"system": "http://snomed.info/sct", "code": "461481000124109"}]},
            subject={"reference": "#p"})
        order.save()
        task = client.resource("Task", status="requested", intent="order",
            identifier=[{"system": "http://hospital.example/tasks", "value": "PY-T-1"}],
            focus={"reference": "ServiceRequest/" + order.id})
        task.save()
        assert task["status"] == "accepted", task
        found = client.resources("Task").search(status="accepted").include("Task", "focus").fetch_raw()
        kinds = sorted(entry["resource"]["resourceType"] for entry in found["entry"])
        assert kinds == ["ServiceRequest", "Task"], kinds
        reverse = client.resources("ServiceRequest").search(_id=order.id).revinclude("Task", "focus").fetch_raw()
        assert len(reverse["entry"]) == 2, reverse
        assert client.resources("Task").search(**{"focus:ServiceRequest.status": "active"}).count() == 1
        services = client.resources("HealthcareService").fetch_all()
        assert len(services) == 3
        backport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content"
        subscription = client.resource("Subscription", status="requested", reason="loop",
            criteria="http://hl7.org/fhir/us/sdoh-clinicalcare/SubscriptionTopic/Task",
            channel={"type": "rest-hook", "endpoint": "https://hospital.example/hooks",
                "payload": "application/fhir+json",
                "_payload": {"extension": [{"url": backport, "valueCode": "id-only"}]}})
        subscription.save()
        assert subscription["status"] == "requested"
        subscription["channel"]["endpoint"] = "https://hospital.example/elsewhere"
        subscription.save()
        assert subscription["status"] == "requested" and subscription["meta"]["versionId"] == "2", subscription
        subscription.delete()
        try:
            client.reference("Subscription", subscription.id).to_resource()
            raise SystemExit("the subscription is still there")
        except ResourceNotFound:
            pass
        task["status"] = "completed"
        try:
            task.save()
            raise SystemExit("an illegal step was taken")
        except OperationOutcome as refusal:
            assert "accepted" in str(refusal) and "completed" in str(refusal), refusal
        task["status"] = "cancelled"
        task["statusReason"] = {"text": "The person went home."}
        task.save()
        assert client.reference("Task", task.id).to_resource()["status"] == "cancelled"
        print("done")
        """

    private static let fhirclient = """
        import json, sys
        from fhirclient import client
        from fhirclient.models import servicerequest, task, bundle
        smart = client.FHIRClient(settings={"app_id": "hospital", "api_base": sys.argv[1]})
        smart.server.session.headers["Authorization"] = "Bearer " + sys.argv[2]
        order = servicerequest.ServiceRequest({"resourceType": "ServiceRequest", "status": "active", "intent": "order",
            "priority": "stat",
            "identifier": [{"system": "http://hospital.example/orders", "value": "FC-1"}],
            "contained": [{"resourceType": "Patient", "id": "p", "name": [{"family": "Example", "given": ["Robin"]}]},
                {"resourceType": "Encounter", "id": "e", "status": "in-progress",
                 "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"}}],
            "encounter": {"reference": "#e"},
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": "461481000124109"}]},
            "subject": {"reference": "#p"}})
        created = servicerequest.ServiceRequest(order.create(smart.server))
        found = task.Task.where({"focus": "ServiceRequest/" + created.id}).perform_resources(smart.server)
        assert [one.status for one in found] == ["accepted"], found
        own = task.Task.read(found[0].id, smart.server)
        own.status = "cancelled"
        own.statusReason = type(own.code)({"text": "The person went home."})
        own.update(smart.server)
        assert task.Task.read(own.id, smart.server).status == "cancelled"
        everything = bundle.Bundle.read_from("Task?_include=Task:focus&_include=Task:owner", smart.server)
        assert sorted(e.resource.resource_type for e in everything.entry if e.resource)[:1] == ["OperationOutcome"] or everything.entry
        print("done")
        """
}

extension PythonEnvironment {
    /// The clients that hospitals use; nil where Python or the packages cannot be had.
    static let clients = PythonEnvironment(
        "fhir-clients-4.4.0-2.3.0", packages: ["fhirclient==4.4.0", "fhirpy==2.3.0"],
        probe: "import fhirpy, fhirclient.client")
}
