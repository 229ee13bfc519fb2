import KubernetesConfiguration
import RealCluster

extension ControlPlane {
    /// How to reach it: as the administrator, unless another kubeconfig file is given.
    ///
    /// - Parameters:
    ///   - kubeconfig: whose user counts.
    ///   - authority: the file of the certificate authority; by default the newest, also after a rotation.
    ///   - clock: what decides when files are looked at again.
    func configuration(
        kubeconfig: String? = nil, authority: String? = nil, clock: HostClock = .system
    ) throws -> ClusterConfiguration {
        var options = ConfigurationOptions()
        options.kubeconfig = kubeconfig ?? adminKubeconfig
        options.certificateAuthority = authority ?? certificateAuthority
        let host = HostEnvironment(variables: [:], homeFolder: nil, clock: clock)
        var configuration = try ClusterConfiguration.load(options, host: host)
        configuration.proxy = .none
        return configuration
    }
}
