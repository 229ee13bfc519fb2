internal import HTTPServer

/// What happens as time goes on, and at the end.
extension FleetHub {
    func tick() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: settings.heartbeat / 4)
            let now = ContinuousClock.now
            let (accepted, isNews) = state.withLock { state -> (FleetSet?, Bool) in
                let ping = HTTPBodyPiece(HubMessage.ping(state.position).line)
                for (name, worker) in state.workers { look(at: worker, name, now, ping, &state) }
                let before = state.rollout.status
                return (advance(&state), state.rollout.status != before)
            }
            if let accepted { environment.accepted(accepted) }
            if isNews { environment.changed() }
        }
    }

    func look(
        at worker: WorkerRecord, _ name: String, _ now: ContinuousClock.Instant, _ ping: HTTPBodyPiece,
        _ state: inout State
    ) {
        guard let session = worker.session else {
            if now - worker.since > settings.remembered { state[name] = nil }
            return
        }
        if now - worker.lastHeard > settings.silenceLimit {
            cut(name, "nothing was heard of it for \(settings.silenceLimit)", &state)
        } else if worker.track.outstanding != nil, now - (worker.pushed ?? now) > settings.pushLimit {
            cut(name, "it does not answer a push", &state)
        } else if now > session.end, !session.isEnding {
            dismiss(name, "connect anew, with the token of now", &state)
        } else if now - session.lastSent >= settings.heartbeat, session.heldBack == nil {
            // While events are held back a position would promise too much.
            send(ping, to: name, &state)
        }
    }

    func dismiss(_ name: String, _ reason: String, _ state: inout State) {
        let delay = Duration.milliseconds(Int64.random(in: 0...500))
        send(HTTPBodyPiece(HubMessage.bye(reason: reason, delay: delay).line), to: name, &state)
        state[name]?.session?.isEnding = true
        state[name]?.session?.signal.finish()
    }

    /// Sends all workers away: this hub leads no more, or ends.
    package func dismissAll(_ reason: String) {
        state.withLock { state in
            for (name, worker) in state.workers where worker.session != nil { dismiss(name, reason, &state) }
            state.ring = EventRing()
        }
    }

    /// Admits nobody any more, and sends all away.
    package func close(_ reason: String) {
        state.withLock { $0.isClosed = true }
        dismissAll(reason)
    }
}
