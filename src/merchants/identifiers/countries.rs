//! Two-letter country codes that stand inside identifiers.

/// ISO 3166-1 alpha-2, as of 2026-01 (iso.org), laid end to end.
const ALPHA_2: &str = "\
    ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCR\
    CUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHU\
    IDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQ\
    MRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSI\
    SJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

/// Whether `code` is an ISO 3166-1 country, or one of the `more` (laid end to end as well).
pub(super) fn is_country(code: &str, more: &str) -> bool {
    let among = |list: &str| list.as_bytes().chunks_exact(2).any(|own| own == code.as_bytes());
    code.len() == 2 && (among(ALPHA_2) || among(more))
}

/// Member states as the numeric ISO 3166-1 codes of OSS and IOSS numbers, and 900 for Northern
/// Ireland (Commission Implementing Regulation (EU) 2020/194; explanatory notes on the VAT
/// e-commerce rules, 2020).
pub(super) const ONE_STOP_STATES: [&str; 28] = [
    "040", "056", "100", "191", "196", "203", "208", "233", "246", "250", "276", "300", "348", "372", "380", "428",
    "440", "442", "470", "528", "616", "620", "642", "703", "705", "724", "752", "900",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_two_letters_and_the_list_is_sorted() {
        let codes: Vec<&str> = ALPHA_2.as_bytes().chunks(2).map(|code| std::str::from_utf8(code).unwrap()).collect();
        assert_eq!(codes.len(), 249);
        assert!(codes.is_sorted());
        assert!(is_country("XK", "XKEU") && !is_country("XK", "") && !is_country("D", ""));
    }
}
