// Who was at one end of a flow, as Google Cloud annotates it: the VM, its network, and the pod where GKE says so. All of it is optional
// ("approximations", says Google), so nothing may depend on its presence.
import type { Workload } from '../protocol/signal.ts'
import { defined, fieldOf, isObject, type JsonObject, objectIn, shortText } from './normal-values.ts'

/** `instance`, `vpc` and `gke` are the names of the three objects in `payload`; undefined where none says anything. */
export function vmOf(payload: JsonObject, instance: string, vpc: string, gke: string): Workload | undefined {
  const details = objectIn(payload, gke)
  const pod = objectIn(details, 'pod')
  const services: unknown[] = Array.isArray(details.service) ? details.service : [details.service]
  const service = services.find(isObject)
  const vm = objectIn(payload, instance)
  const network = objectIn(payload, vpc)
  const told: [string, unknown][] = [
    ['vm', vm.vm_name],
    ['zone', vm.zone],
    ['instance-group', objectIn(vm, 'managed_instance_group').name],
    ['project', vm.project_id ?? network.project_id],
    ['vpc', network.vpc_name],
    ['subnet', network.subnetwork_name],
    ['cluster', objectIn(details, 'cluster').cluster_name],
    ['workload', objectIn(pod, 'pod_workload').workload_name],
    ['service', fieldOf(service, 'service_name')],
  ]
  const labels = told.flatMap(([label, value]): [string, string][] => {
    const text = shortText(value)
    return text === undefined ? [] : [[label, text]]
  })
  const workload: Workload = defined({
    pod: shortText(pod.pod_name),
    namespace: shortText(pod.pod_namespace) ?? shortText(fieldOf(service, 'service_namespace')),
    labels: labels.length === 0 ? undefined : Object.fromEntries(labels),
  })
  return Object.keys(workload).length === 0 ? undefined : workload
}
