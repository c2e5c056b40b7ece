//! Labels for messages that have no text, in the receiver's language.

use super::{message::MessageType, profile::Language};

/// Returns the label for a message of this type. It is Chinese, as the default texts are, unless the receiver set
/// another language.
pub fn label(kind: MessageType, language: Option<&Language>) -> &'static str {
    let tag = language.map_or("zh", Language::as_str).to_ascii_lowercase();
    let (primary, rest) = tag.split_once('-').unwrap_or((&tag, ""));
    let labels = match (primary, rest) {
        ("zh", "hant" | "tw" | "hk" | "mo") => TRADITIONAL,
        ("zh", _) => SIMPLIFIED,
        ("ja", _) => JAPANESE,
        ("ko", _) => KOREAN,
        (_, _) => ENGLISH,
    };
    match kind {
        MessageType::Img => labels[0],
        MessageType::Audio => labels[1],
        MessageType::Video => labels[2],
        MessageType::File => labels[3],
        MessageType::Loc => labels[4],
        MessageType::Txt | MessageType::Cmd | MessageType::Custom => labels[5],
    }
}

/// Image, voice, video, file, location, anything else.
type Labels = [&'static str; 6];

const SIMPLIFIED: Labels = ["[图片]", "[语音]", "[视频]", "[文件]", "[位置]", "[消息]"];
const TRADITIONAL: Labels = ["[圖片]", "[語音]", "[影片]", "[檔案]", "[位置]", "[訊息]"];
const JAPANESE: Labels = ["[画像]", "[音声]", "[動画]", "[ファイル]", "[位置情報]", "[メッセージ]"];
const KOREAN: Labels = ["[사진]", "[음성]", "[동영상]", "[파일]", "[위치]", "[메시지]"];
const ENGLISH: Labels = ["[Image]", "[Voice]", "[Video]", "[File]", "[Location]", "[Message]"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_in_the_receiver_s_language_else_in_chinese_and_for_the_rest_in_english() {
        let shown = |tag: &str| label(MessageType::Img, Some(&Language::parse_as("language", tag).unwrap()));
        assert_eq!(label(MessageType::Img, None), "[图片]");
        assert_eq!(
            ["zh", "zh-Hans", "zh-TW", "ja", "ko-KR", "en-GB", "de"].map(shown),
            ["[图片]", "[图片]", "[圖片]", "[画像]", "[사진]", "[Image]", "[Image]"]
        );
    }
}
