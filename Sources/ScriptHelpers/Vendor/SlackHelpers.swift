internal import Integrations
internal import JSON
internal import ScriptRuntime
internal import Timestamps

/// `vendor.slack`, `vendor.slackBot`
enum SlackHelpers {
    static func all(_ http: HTTPClient, _ folder: DataFolder) -> [Helper] {
        let slack = Slack(http)
        return [
            .calling("vendor.slack") { call in
                let message = SlackMessage(
                    pretext: call.optionalText(1) ?? "", text: call.optionalText(2) ?? "",
                    color: call.optionalText(3) ?? "")
                try await slack.post(message, webhook: call.text(0, "webhookUrl"))
                return .undefined
            },
            .calling("vendor.slackBot") { call in
                let token = try call.text(0, "token")
                let message = SlackMessage(
                    pretext: call.optionalText(2) ?? "", text: call.optionalText(3) ?? "",
                    color: call.optionalText(4) ?? "", fields: try call.texts(5, "fields"))
                // Missing files are found before anything is said.
                let files = try attachments(call, folder)
                let posted = try await slack.post(message, channel: call.text(1, "channelID"), token: token)
                let time = SlackMessage.text(of: http.settings.now())
                call.console(.output, "Message sent to Slack channel: \(posted.channel) at \(time)")
                guard !files.isEmpty else { return .undefined }
                try await slack.share(files, below: posted, token: token)
                for file in files {
                    call.console(.output, "Shared file: \(file.title) to Slack channel: \(posted.channel)")
                }
                return .undefined
            },
        ]
    }

    /// Slack refuses empty files.
    private static func attachments(_ call: HelperCall, _ folder: DataFolder) throws -> [Slack.Attachment] {
        try call.texts(6, "files").compactMap { title, path in
            let (file, name) = try folder.upload(path)
            if file.count > 0 { return Slack.Attachment(title: title, fileName: name, body: file) }
            call.console(.output, "\(call.path): \(path) is empty and was left out")
            return nil
        }
    }
}
