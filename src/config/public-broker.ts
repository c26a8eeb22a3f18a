/** BGPKIT's public index of the archives of RIS and Route Views: https://bgpkit.com/broker */
export const PUBLIC_BROKER = 'https://api.bgpkit.com/v3/broker';
